package openaitest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The image tool of the Responses API, by the fields of openai-go (ToolImageGenerationParam, ToolUsage): the model
// that is asked, the carrier, is made to call it by tool_choice, and has the image of the user's message edited. Both
// models are paid for: the carrier by the response's usage, the image by its tool_usage.
//
// The fields of the tool that OpenAI knows: those that are those of an edit, those read here, and those that would have
// to make a difference, so that a request with one is refused.
var (
	toolFields        = []string{"model", "size", "quality", "background", "output_format", "input_fidelity"}
	readToolFields    = []string{"type", "action", "moderation", "complexity"}
	refusedToolFields = []string{"frame_count", "frame_duration_ms", "input_image_mask", "output_compression", "partial_images", "svg"}
)

// readTools reads the request's tool, and makes an edit of what it is asked.
func (q *agentRequest) readTools() *apiError {
	var images []upload
	var prompt []string
	for _, m := range q.messages {
		images = append(images, m.images...)
		if m.role == "user" {
			prompt = append(prompt, m.text)
		}
	}
	unsupported := func(param, why string) *apiError {
		return &apiError{param: param, code: "unsupported_parameter", message: "The simulated OpenAI " + why + "."}
	}
	switch {
	case len(q.Tools) == 0 && len(images) > 0:
		return unsupported("input", "reads an image for its image tool alone")
	case len(q.Tools) == 0:
		return nil
	case len(q.Tools) > 1 || q.Tools[0]["type"] != "image_generation":
		return unsupported("tools", "has one tool, 'image_generation'")
	}
	var choice struct{ Type string }
	if json.Unmarshal(q.ToolChoice, &choice) != nil || choice.Type != "image_generation" {
		return unsupported("tool_choice", "calls its tool where it is made to")
	}
	fields := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(q.Tools[0])) {
		value, isText := q.Tools[0][name].(string)
		switch param := "tools[0]." + name; {
		case slices.Contains(refusedToolFields, name):
			return unsupported(param, "does not do '"+name+"'")
		case !slices.Contains(toolFields, name) && !slices.Contains(readToolFields, name):
			return &apiError{param: param, code: "unknown_parameter", message: "Unknown parameter: '" + param + "'."}
		case !isText:
			return &apiError{param: param, code: "invalid_type", message: fmt.Sprintf("Invalid type for '%s': expected a string.", param)}
		case slices.Contains(toolFields, name):
			fields[name] = value
		case name == "action" && value != "edit":
			return unsupported(param, "has its tool edit an image")
		}
	}
	fields["model"] = cmp.Or(fields["model"], "gpt-image-2") // OpenAI's own choice
	if fields["model"] == "gpt-image-1" {                    // not among the tool's models
		return &apiError{param: "tools[0].model", code: "invalid_value", message: "Invalid value: 'gpt-image-1'. Use 'gpt-image-2.5-sunburst' or 'gpt-image-2.5-flare' instead."}
	}
	fields["prompt"] = strings.Join(prompt, "\n")
	q.image = &editRequest{fields: fields, images: images}
	return nil
}

// readImage reads an image of a message: a data URL.
func readImage(at, url, detail string) (upload, *apiError) {
	if !slices.Contains([]string{"low", "high", "auto", "original"}, detail) {
		return upload{}, &apiError{param: at + ".detail", code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. Supported values are: 'low', 'high', 'auto', and 'original'.", detail)}
	}
	head, data, found := strings.Cut(url, ";base64,")
	mediaType, isData := strings.CutPrefix(head, "data:")
	body, err := base64.StdEncoding.DecodeString(data)
	if !found || !isData || err != nil {
		return upload{}, &apiError{param: at + ".image_url", code: "invalid_value", message: "Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type; the simulated OpenAI fetches nothing."}
	}
	return upload{field: at + ".image_url", mediaType: mediaType, body: body}, nil
}

// picturePlace stands in a response where the base64 of its image goes.
const picturePlace = "‹picture›"

// tokens that a carrier is billed for beside what it reads and says: the tool's description, and its call.
const (
	toolDescription = 400
	toolCall        = 24
)

// createImage works out what a response with the image tool comes to. The carrier reads the prompt, the image and what
// it can call; it says the prompt once more, to the tool.
func (s *Server) createImage(x *exchange, q agentRequest, carrier Model, sha256 string) (*response, *apiError) {
	f := x.fault
	e, problem := s.check(*q.image, sha256)
	if problem != nil {
		return nil, problem
	}
	prompt, _, _ := q.prompt()
	looked := Model{FlexibleSizes: true}
	sources := int64(0)
	for i, image := range q.image.images {
		tokens, problem := image.check(i, looked)
		if problem != nil {
			return nil, problem
		}
		sources += tokens
	}
	carried := Usage{Input: textTokens(prompt) + toolDescription + sources}
	cache, problem := s.cached(&q, carrier, prompt, carried.Input)
	if problem != nil {
		return nil, problem
	}
	carried.Cached, carried.CacheWrite, carried.CacheWriteLong = cache.cached, cache.written, cache.writtenLong
	p := s.accept(x, q, cache)
	said := textTokens(cmp.Or(f.Text, e.prompt))
	carried.Reasoning = thought(said, q.Reasoning.Effort)
	carried.Output = carried.Reasoning + said + toolCall

	status, reason := cmp.Or(f.ResponseStatus, "completed"), ""
	limit := q.MaxOutputTokens
	switch {
	case f.Incomplete != "":
		status, reason = "incomplete", f.Incomplete
	case limit != nil && carried.Output > *limit:
		status, reason = "incomplete", "max_output_tokens"
		carried.Reasoning, carried.Output = min(carried.Reasoning, *limit), *limit
	}
	p.final = outcome{status: status, reason: reason, usage: usageWire(carried)}
	if !p.final.answers() {
		p.final = outcome{status: status, code: cmp.Or(f.Code, "server_error"), message: cmp.Or(f.Message, messages[f.Code], messages["server_error"])}
		s.keep(p)
		return p, nil
	}
	call := map[string]any{
		"id": "ig_" + p.id[5:], "type": "image_generation_call", "status": "completed", "action": "edit", "background": q.image.fields["background"],
		"output_format": cmp.Or(e.format, "png"), "quality": cmp.Or(f.Quality, e.quality), "size": fmt.Sprintf("%dx%d", e.width, e.height), "revised_prompt": e.prompt,
	}
	var made Usage
	switch {
	case status == "incomplete":
		call = nil
	case f.Text != "":
		call = map[string]any{"id": "msg_" + p.id[5:], "type": "message", "role": "assistant", "status": status,
			"content": []any{map[string]any{"type": "output_text", "text": f.Text, "annotations": []any{}, "logprobs": []any{}}}}
	case f.Refusal != "":
		call["status"], call["result"] = "failed", nil
		call["error"] = map[string]any{"code": "moderation_blocked", "message": f.Refusal, "param": nil, "type": "image_generation_user_error",
			"moderation_details": map[string]any{"categories": []string{}, "moderation_stage": "output"}}
	default:
		made = e.usage()
		if p.final.picture, problem = s.picture(f, e); problem != nil {
			return nil, problem
		}
		if call["result"] = picturePlace; p.final.picture == "" {
			call["result"] = ""
		}
	}
	if call != nil {
		p.final.output = []any{call}
	}
	shown := imageUsageWire(made)
	if f.Usage != nil {
		shown = imageUsageWire(*f.Usage)
		if f.Usage.possible() {
			images := made.Images
			made = *f.Usage
			made.Images = images
		}
	}
	p.final.toolUsage = map[string]any{"image_gen": shown, "web_search": map[string]any{"num_requests": 0}}
	if f.NoUsage {
		p.final.usage = nil
	}
	if f.NoUsage || f.NoToolUsage {
		p.final.toolUsage = nil
	}
	p.usage, p.carried = made, carried
	p.nano = carrier.price(carried, "", p.tier) + e.model.price(made, cmp.Or(f.Quality, e.quality), "")
	s.keep(p)
	return p, nil
}

// usage is what the edit uses.
func (e edit) usage() Usage {
	return Usage{
		Input: textTokens(e.prompt) + e.sources, ImageInput: e.sources,
		Output: e.n * e.model.imageTokens(e.width, e.height, e.quality), Images: e.n,
	}
}

// picture is the base64 of what the tool makes; "" is nothing.
func (s *Server) picture(f Fault, e edit) (string, *apiError) {
	switch {
	case f.NoImage:
		return "", nil
	case f.Image != nil:
		return base64.StdEncoding.EncodeToString(f.Image), nil
	case f.Base64 != "":
		return f.Base64, nil
	}
	drawn, err := art.draw(e.work)
	if err != nil {
		return "", &apiError{param: "input", code: "invalid_image_file", message: "Invalid image file or mode for image 1, please check your image file."}
	}
	return base64.StdEncoding.EncodeToString(drawn), nil
}
