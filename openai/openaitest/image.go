package openaitest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// editRequest is the form of POST /v1/images/edits.
type editRequest struct {
	fields map[string]string
	images []upload
}

type upload struct {
	field, name, mediaType string
	body                   []byte
}

// The fields of an edit that OpenAI knows: those read here, those that make no difference, and those that
// would have to, so that a request with one is refused.
var (
	readFields    = []string{"model", "prompt", "size", "quality", "background", "output_format", "n", "input_fidelity"}
	ignoredFields = []string{"moderation", "safety_identifier", "user", "complexity"}
	refusedFields = []string{"frame_count", "frame_duration_ms", "output_compression", "partial_images", "stream"}
)

// editImage is POST /v1/images/edits.
func (s *Server) editImage(w http.ResponseWriter, r *http.Request) {
	q, problem, err := readEdit(w, r)
	if err != nil {
		s.broken(w, r, KindImage, err)
		return
	}
	c := q.call()
	x := s.begin(w, r, c, digest(c.Model, c.Prompt, c.Size, c.Quality, c.Background, c.Format, c.ImageSHA256))
	if x == nil {
		return
	}
	var e edit
	if problem == nil {
		e, problem = s.check(q, c.ImageSHA256)
	}
	if problem == nil && x.fault.Refusal != "" {
		problem = &apiError{code: "moderation_blocked", message: x.fault.Refusal}
	}
	if problem != nil {
		x.fail(problem)
		return
	}
	drawn, err := art.draw(e.work)
	if err != nil {
		x.fail(&apiError{param: "image", code: "invalid_image_file", message: "Invalid image file or mode for image 1, please check your image file."})
		return
	}
	body := s.bill(x, e, drawn)
	x.wait(s.o.ImageLatency)
	x.answer(body)
}

// readEdit reads the form. The error is of a body that did not come whole.
func readEdit(w http.ResponseWriter, r *http.Request) (q editRequest, problem *apiError, err error) {
	q.fields = map[string]string{}
	if problem := contentProblem(r.Header.Get("Content-Type"), "multipart/form-data"); problem != nil {
		return q, problem, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	parts, err := r.MultipartReader()
	if err != nil {
		return q, &apiError{message: "Could not parse multipart form: " + err.Error() + "."}, nil
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return q, nil, err
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return q, nil, err
		}
		name := part.FormName()
		switch {
		case name == "image" || name == "image[]":
			if part.FileName() == "" {
				problem = &apiError{param: "image", code: "invalid_type", message: "Invalid type for 'image': expected one of an array of files or file, but got a string instead."}
			}
			field := "image"
			if name == "image[]" {
				field = fmt.Sprintf("image[%d]", len(q.images))
			}
			q.images = append(q.images, upload{field, part.FileName(), part.Header.Get("Content-Type"), body})
		case name == "mask", name == "markup", slices.Contains(refusedFields, name):
			problem = &apiError{param: name, code: "unsupported_parameter", message: "The simulated OpenAI does not do '" + name + "'."}
		case slices.Contains(readFields, name):
			q.fields[name] = string(body)
		case !slices.Contains(ignoredFields, name):
			problem = &apiError{param: name, code: "unknown_parameter", message: "Unknown parameter: '" + name + "'."}
		}
	}
	return q, problem, nil
}

// call is the request as tests see it.
func (q *editRequest) call() Call {
	c := Call{
		Kind: KindImage, Model: q.fields["model"], Prompt: q.fields["prompt"],
		Size: q.fields["size"], Quality: q.fields["quality"], Background: q.fields["background"], Format: q.fields["output_format"],
	}
	if len(q.images) > 0 {
		c.Beside = len(q.images) - 1
		first := q.images[0]
		c.ImageName, c.ImageType, c.ImageSHA256 = first.name, first.mediaType, fmt.Sprintf("%x", sha256.Sum256(first.body))
	}
	return c
}

// bill charges the edit and writes its answer.
func (s *Server) bill(x *exchange, e edit, drawn []byte) []byte {
	f := x.fault
	used := e.usage()
	quality, shown := cmp.Or(f.Quality, e.quality), any(imageUsageWire(used))
	if f.Usage != nil {
		shown = imageUsageWire(*f.Usage)
		if f.Usage.possible() {
			used = *f.Usage
			used.Images = e.n
		}
	}
	s.charge(x.rec, used, quality, e.model.price(used, quality, ""))

	background := "opaque"
	if e.transparent {
		background = "transparent"
	}
	answer := map[string]any{
		"created": s.o.Now().Unix(), "background": background, "output_format": cmp.Or(e.format, "png"),
		"quality": quality, "size": fmt.Sprintf("%dx%d", e.width, e.height),
	}
	if !f.NoUsage {
		answer["usage"] = shown
	}
	picture := base64.StdEncoding.EncodeToString(drawn)
	switch {
	case f.Image != nil:
		picture = base64.StdEncoding.EncodeToString(f.Image)
	case f.Base64 != "":
		picture = f.Base64
	case f.NoImage:
		e.n = 0
	}
	return spliceImages(encode(answer), picture, int(e.n))
}

// spliceImages puts n copies of a picture into the object as its data, without having megabytes of base64
// looked through by the JSON encoder.
func spliceImages(object []byte, picture string, n int) []byte {
	one := `{"b64_json":"` + picture + `"}`
	var b bytes.Buffer
	b.Grow(len(object) + n*(len(one)+1) + 16)
	b.WriteString(`{"data":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one)
	}
	b.WriteString(`],`)
	b.Write(object[1:])
	return b.Bytes()
}

func imageUsageWire(u Usage) map[string]any {
	v := map[string]any{
		"input_tokens":          u.Input,
		"input_tokens_details":  map[string]any{"text_tokens": u.Input - u.ImageInput, "image_tokens": u.ImageInput},
		"output_tokens":         u.Output,
		"output_tokens_details": map[string]any{"text_tokens": 0, "image_tokens": u.Output},
		"total_tokens":          u.Input + u.Output,
	}
	if u.Cached != 0 || u.CachedImage != 0 {
		v["cached_tokens"] = u.Cached
		v["cached_tokens_details"] = map[string]any{"cached_text_tokens": u.Cached - u.CachedImage, "cached_image_tokens": u.CachedImage}
	}
	return v
}
