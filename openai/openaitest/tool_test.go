package openaitest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"testing"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// drawing asks for an image by the image tool, in OpenAI's own words.
func drawing() responses.ResponseNewParams {
	picture := responses.ResponseInputContentParamOfInputImage(responses.ResponseInputImageDetailAuto)
	picture.OfInputImage.ImageURL = sdk.String("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(jpegOf(300, 200)))
	return responses.ResponseNewParams{
		Model:        "gpt-6-luna",
		Instructions: sdk.String("Call the tool."),
		Input: responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(
			responses.ResponseInputMessageContentListParam{responses.ResponseInputContentParamOfInputText("Brand: Northwind Coffee. Colours #1D4E89 and #00B2CA."), picture},
			responses.EasyInputMessageRoleUser)}},
		Background:   sdk.Bool(true),
		Store:        sdk.Bool(true),
		MaxToolCalls: sdk.Int(1),
		Tools: []responses.ToolUnionParam{{OfImageGeneration: &responses.ToolImageGenerationParam{
			Action: "edit", Model: "gpt-image-2.6-sunburst", Size: "1536x560", Quality: "low", Background: "transparent", OutputFormat: "png",
		}}},
		ToolChoice: responses.ResponseNewParamsToolChoiceUnion{OfHostedTool: &responses.ToolChoiceTypesParam{Type: responses.ToolChoiceTypesTypeImageGeneration}},
	}
}

func TestOfficialClientHasAnImageMadeByTheTool(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{ImageLatency: 20 * time.Millisecond, AgentLatency: time.Hour})
	c := client(s)
	r, err := c.Responses.New(t.Context(), drawing())
	if err != nil || r.Status != responses.ResponseStatusQueued || len(r.Output) != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	if n := s.InFlight(openaitest.KindImage); n != 1 {
		t.Errorf("%d images are in flight while it is made", n)
	}
	s.Wait()
	if r, err = c.Responses.Get(t.Context(), r.ID, responses.ResponseGetParams{}); err != nil || r.Status != responses.ResponseStatusCompleted {
		t.Fatalf("%v, %+v", err, r)
	}
	call := r.Output[0].AsImageGenerationCall()
	body, err := base64.StdEncoding.DecodeString(call.Result)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size.X != 1536 || size.Y != 560 {
		t.Errorf("drew %v", size)
	}
	if call.Status != "completed" || call.Quality != "low" || call.Size != "1536x560" || call.Background != "transparent" || call.Action != "edit" {
		t.Errorf("%+v", call)
	}
	u := r.ToolUsage.ImageGen
	if u.InputTokens != u.InputTokensDetails.TextTokens+u.InputTokensDetails.ImageTokens || u.InputTokensDetails.ImageTokens == 0 || u.OutputTokensDetails.ImageTokens != u.OutputTokens {
		t.Errorf("the tool used %+v", u)
	}
	bill := s.Bill()
	image := u.InputTokensDetails.TextTokens*5_000 + u.InputTokensDetails.ImageTokens*8_000 + u.OutputTokens*30_000
	carrier := r.Usage.InputTokens*100 + r.Usage.OutputTokens*500
	if bill.Image != image+carrier || bill.Agent != 0 || carrier == 0 {
		t.Errorf("billed %d for images and %d for agents, want %d and 0", bill.Image, bill.Agent, image+carrier)
	}
	charge := bill.Charges[0]
	if charge.Kind != openaitest.KindImage || charge.Carrier != "gpt-6-luna" || charge.Model != "gpt-image-2.6-sunburst" || charge.ImageType != "image/jpeg" || !charge.InBackground {
		t.Errorf("%+v", charge.Call)
	}
}

func TestToolRequestsOutOfOrderAreRefused(t *testing.T) {
	base, err := json.Marshal(drawing())
	if err != nil {
		t.Fatal(err)
	}
	tool := func(field string, value any) func(map[string]any) {
		return func(body map[string]any) { body["tools"].([]any)[0].(map[string]any)[field] = value }
	}
	part := func(field string, value any) func(map[string]any) {
		return func(body map[string]any) {
			body["input"].([]any)[0].(map[string]any)["content"].([]any)[1].(map[string]any)[field] = value
		}
	}
	set := func(field string, value any) func(map[string]any) {
		return func(body map[string]any) { body[field] = value }
	}
	for name, tt := range map[string]struct {
		change      func(map[string]any)
		code, param string
	}{
		"no tool for an image":    {set("tools", []any{}), "unsupported_parameter", "input"},
		"two tools":               {set("tools", []any{map[string]any{"type": "image_generation"}, map[string]any{"type": "web_search"}}), "unsupported_parameter", "tools"},
		"a tool that may be left": {set("tool_choice", "auto"), "unsupported_parameter", "tool_choice"},
		"unknown field":           {tool("colour", "red"), "unknown_parameter", "tools[0].colour"},
		"field of a number":       {tool("size", 7), "invalid_type", "tools[0].size"},
		"another action":          {tool("action", "generate"), "unsupported_parameter", "tools[0].action"},
		"partial images":          {tool("partial_images", 2), "unsupported_parameter", "tools[0].partial_images"},
		"unknown quality":         {tool("quality", "hd"), "invalid_value", "quality"},
		"unknown size":            {tool("size", "17x17"), "invalid_value", "size"},
		"not one of its models":   {tool("model", "gpt-image-1"), "invalid_value", "tools[0].model"},
		"unknown image model":     {tool("model", "gpt-image-9"), "model_not_found", ""},
		"unknown carrier":         {set("model", "gpt-9"), "model_not_found", ""},
		"an image model carries":  {set("model", "gpt-image-2.6-sunburst"), "invalid_value", "model"},
		"unknown detail":          {part("detail", "huge"), "invalid_value", "input[0].content[1].detail"},
		"an address":              {part("image_url", "https://example.com/a.png"), "invalid_value", "input[0].content[1].image_url"},
		"not an image":            {part("image_url", "data:image/png;base64,aGVsbG8="), "invalid_image_file", "input[0].content[1].image_url"},
		"another type":            {part("image_url", "data:image/gif;base64,aGVsbG8="), "unsupported_file_mimetype", "input[0].content[1].image_url"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{})
			var body map[string]any
			if err := json.Unmarshal(base, &body); err != nil {
				t.Fatal(err)
			}
			tt.change(body)
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			a := postJSON(t, s, string(raw))
			if p := a.problem(t); p.code() != tt.code || p.param() != tt.param || s.Bill().Total != 0 {
				t.Errorf("status %d, code %q, param %q, message %q, billed %d", a.status, p.code(), p.param(), p.Message, s.Bill().Total)
			}
		})
	}
}

func TestToolAnswersWhatTheFaultHasItAnswer(t *testing.T) {
	type seen struct {
		Status, Call     string // of the response, and of its call of the tool
		Image            bool   // there is one
		Code             string // of the call's error
		Carrier, ToolUse bool   // what is billed
	}
	for name, tt := range map[string]struct {
		fault openaitest.Fault
		want  seen
	}{
		"nothing":    {openaitest.Fault{Image: pngOf(8, 8)}, seen{"completed", "completed", true, "", true, true}},
		"refusal":    {openaitest.Fault{Refusal: "no"}, seen{"completed", "failed", false, "moderation_blocked", true, false}},
		"words":      {openaitest.Fault{Text: "no"}, seen{"completed", "", false, "", true, false}},
		"no image":   {openaitest.Fault{NoImage: true}, seen{"completed", "completed", false, "", true, true}},
		"incomplete": {openaitest.Fault{Incomplete: "max_output_tokens"}, seen{"incomplete", "", false, "", true, false}},
		"failed":     {openaitest.Fault{ResponseStatus: "failed"}, seen{"failed", "", false, "", false, false}},
		"expired":    {openaitest.Fault{ResponseStatus: "expired"}, seen{"expired", "", false, "", false, false}},
		"no usage":   {openaitest.Fault{NoUsage: true, Image: pngOf(8, 8)}, seen{"completed", "completed", true, "", true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, openaitest.KindImage, tt.fault)
			c := client(s)
			r, err := c.Responses.New(t.Context(), drawing())
			if err != nil {
				t.Fatal(err)
			}
			if r, err = c.Responses.Get(t.Context(), r.ID, responses.ResponseGetParams{}); err != nil {
				t.Fatal(err)
			}
			got := seen{Status: string(r.Status)}
			if len(r.Output) > 0 && r.Output[0].Type == "image_generation_call" {
				call := r.Output[0].AsImageGenerationCall()
				got.Call, got.Image, got.Code = call.Status, call.Result != "", call.Error.Code
			}
			for _, charge := range s.Bill().Charges {
				got.Carrier, got.ToolUse = charge.Carried.Output > 0, charge.Usage.Output > 0
			}
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			if says := r.JSON.ToolUsage.Valid(); says != (got.Carrier && !tt.fault.NoUsage) {
				t.Errorf("it says what the tool used: %t", says)
			}
		})
	}
}

func TestToolUsageOfAFaultIsBilled(t *testing.T) {
	s := faulty(t, openaitest.KindImage, openaitest.Fault{Usage: &openaitest.Usage{Input: 30, ImageInput: 20, Output: 1000}, Image: pngOf(8, 8)})
	c := client(s)
	r, err := c.Responses.New(t.Context(), drawing())
	if err != nil {
		t.Fatal(err)
	}
	if r, err = c.Responses.Get(t.Context(), r.ID, responses.ResponseGetParams{}); err != nil {
		t.Fatal(err)
	}
	want := int64(10*5_000+20*8_000+1000*30_000) + r.Usage.InputTokens*100 + r.Usage.OutputTokens*500
	if bill := s.Bill(); bill.Image != want || r.ToolUsage.ImageGen.OutputTokens != 1000 {
		t.Errorf("billed %d, want %d; it says %+v", bill.Image, want, r.ToolUsage.ImageGen)
	}
}
