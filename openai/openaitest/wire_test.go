package openaitest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// answer is what came back over the wire. A zero status means that nothing did.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

type wireError struct {
	Message string
	Type    string
	Param   *string
	Code    *string
}

// problem is the answer's error object; it fails the test when there is none in OpenAI's shape.
func (a answer) problem(t *testing.T) wireError {
	t.Helper()
	var v struct{ Error *wireError }
	if err := json.Unmarshal(a.body, &v); err != nil || v.Error == nil || v.Error.Message == "" || v.Error.Type == "" {
		t.Fatalf("status %d, body is not an OpenAI error: %q", a.status, a.body)
	}
	return *v.Error
}

func (e wireError) code() string {
	if e.Code == nil {
		return ""
	}
	return *e.Code
}

func (e wireError) param() string {
	if e.Param == nil {
		return ""
	}
	return *e.Param
}

type wireResponse struct {
	ID, Status, Model string
	ServiceTier       string `json:"service_tier"`
	Output            []struct {
		Type    string
		Content []struct{ Type, Text, Refusal string }
	}
	Error             *struct{ Code, Message string }
	IncompleteDetails *struct{ Reason string } `json:"incomplete_details"`
	Usage             *struct {
		InputTokens        int64 `json:"input_tokens"`
		OutputTokens       int64 `json:"output_tokens"`
		TotalTokens        int64 `json:"total_tokens"`
		InputTokensDetails struct {
			CachedTokens            int64 `json:"cached_tokens"`
			CacheWriteTokens        int64 `json:"cache_write_tokens"`
			CacheWriteTokensDetails struct {
				Ttl12hTokens int64 `json:"ttl_12h_tokens"`
			} `json:"cache_write_tokens_details"`
		} `json:"input_tokens_details"`
		OutputTokensDetails struct {
			ReasoningTokens int64 `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
}

func (r wireResponse) text() (text string) {
	for _, item := range r.Output {
		for _, part := range item.Content {
			text += part.Text
		}
	}
	return text
}

func (a answer) response(t *testing.T) (r wireResponse) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d, error %v, body %s", a.status, a.err, a.body)
	}
	if err := json.Unmarshal(a.body, &r); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return r
}

// do sends one request with any key, on a connection of its own.
func do(t testing.TB, req *http.Request, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer sk-test")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body, err}
}

func postJSON(t testing.TB, s *openaitest.Server, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/responses", strings.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return do(t, req, err)
}

func get(t testing.TB, s *openaitest.Server, id string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/responses/"+id, nil)
	return do(t, req, err)
}

func cancel(t testing.TB, s *openaitest.Server, id string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/responses/"+id+"/cancel", nil)
	return do(t, req, err)
}

const rewritesSchema = `{"type":"object","additionalProperties":false,"required":["rewrites","notes","problems"],"properties":{
	"rewrites":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id","text"],"properties":{"id":{"type":"string"},"text":{"type":"string"}}}},
	"notes":{"type":"array","items":{"type":"string"}},"problems":{"type":"array","items":{"type":"string"}}}}`

// ask is the body of an agent call for some texts, with changes to its top-level fields; a nil value drops one.
func ask(texts map[string]string, change map[string]any) string {
	var list []map[string]string
	for id, t := range texts {
		list = append(list, map[string]string{"id": id, "text": t})
	}
	array, _ := json.Marshal(list)
	body := map[string]any{
		"model": "gpt-5", "instructions": "You rewrite funnel copy.", "background": true, "store": true,
		"service_tier": "default", "truncation": "disabled",
		"input": []any{
			map[string]any{"role": "user", "content": `Guide: {"brandName":"Northwind Coffee"}`},
			map[string]any{"role": "user", "content": "Rewrite these.\nTEXTS\n" + string(array)},
		},
		"text": map[string]any{"format": map[string]any{"type": "json_schema", "name": "rewrites", "strict": true, "schema": json.RawMessage(rewritesSchema)}},
	}
	for name, value := range change {
		if value == nil {
			delete(body, name)
		} else {
			body[name] = value
		}
	}
	out, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(out)
}

var oneText = map[string]string{"opt_headline": "Get Your Free Checklist Now!"}

// rewrites reads the agent's answer.
func rewrites(t testing.TB, text string) map[string]string {
	t.Helper()
	var v struct {
		Rewrites        []openaitest.Rewritten
		Notes, Problems []string
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	out := map[string]string{}
	for _, r := range v.Rewrites {
		out[r.ID] = r.Text
	}
	return out
}

// photo is an image with something on it.
func photo(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := math.Sin(float64(x)/37) * math.Cos(float64(y)/29)
			m.SetRGBA(x, y, color.RGBA{uint8(128 + 60*v), uint8(150 - 50*v), uint8(100 + y*100/height), 255})
		}
	}
	return m
}

func pngOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, photo(width, height)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(width, height int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, photo(width, height), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// form is an image edit.
type form struct {
	fields               map[string]string
	part, file, fileType string
	image                []byte
}

// edit is a form that is in order, with changes to its fields; an empty value drops one.
func edit(change map[string]string) form {
	f := form{
		fields: map[string]string{
			"model": "gpt-image-1", "prompt": "Redesign this hero image. Brand: Northwind Coffee\nColours #1D4E89, #00B2CA, #FBD1A2.",
			"size": "1536x1024", "quality": "medium",
		},
		part: "image", file: "image.png", fileType: "image/png", image: pngOf(60, 40),
	}
	for name, value := range change {
		if value == "" {
			delete(f.fields, name)
		} else {
			f.fields[name] = value
		}
	}
	return f
}

func (f form) request(t testing.TB, s *openaitest.Server) (*http.Request, error) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range f.fields {
		w.WriteField(name, value)
	}
	if f.part != "" {
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", f.part, f.file)}}
		if f.file == "" {
			header = textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", f.part)}}
		}
		if f.fileType != "" {
			header.Set("Content-Type", f.fileType)
		}
		part, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(f.image)
	}
	w.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/images/edits", &b)
	if err == nil {
		req.Header.Set("Content-Type", w.FormDataContentType())
	}
	return req, err
}

func (f form) post(t testing.TB, s *openaitest.Server) answer {
	t.Helper()
	req, err := f.request(t, s)
	return do(t, req, err)
}

// picture is the image of an edit's answer, decoded by the standard library.
func (a answer) picture(t testing.TB) image.Image {
	t.Helper()
	var v struct {
		Data []struct {
			B64JSON string `json:"b64_json"`
		}
	}
	if err := json.Unmarshal(a.body, &v); err != nil || len(v.Data) == 0 {
		t.Fatalf("status %d, %v, no picture in %.200q", a.status, err, a.body)
	}
	body, err := base64.StdEncoding.DecodeString(v.Data[0].B64JSON)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
