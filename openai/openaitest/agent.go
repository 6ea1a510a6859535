package openaitest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// agentRequest is the body of POST /v1/responses, as far as this server reads it.
type agentRequest struct {
	Model           string            `json:"model"`
	Instructions    string            `json:"instructions"`
	Input           json.RawMessage   `json:"input"`
	Background      bool              `json:"background"`
	Store           *bool             `json:"store"`
	Stream          bool              `json:"stream"`
	MaxOutputTokens *int64            `json:"max_output_tokens"`
	Metadata        map[string]string `json:"metadata"`
	PromptCacheKey  string            `json:"prompt_cache_key"`
	CacheOptions    cacheOptions      `json:"prompt_cache_options"`
	ServiceTier     string            `json:"service_tier"`
	Truncation      string            `json:"truncation"`
	Temperature     *float64          `json:"temperature"`
	TopP            *float64          `json:"top_p"`
	Reasoning       struct {
		Effort  string `json:"effort"`
		Summary string `json:"summary"`
	} `json:"reasoning"`
	Text struct {
		Verbosity string `json:"verbosity"`
		Format    struct {
			Type        string         `json:"type"`
			Name        string         `json:"name"`
			Description string         `json:"description"`
			Strict      *bool          `json:"strict"`
			Schema      map[string]any `json:"schema"`
		} `json:"format"`
	} `json:"text"`

	Tools        []map[string]any `json:"tools"`
	ToolChoice   json.RawMessage  `json:"tool_choice"`
	MaxToolCalls *int64           `json:"max_tool_calls"`

	messages []message
	elements []Rewritten  // the texts to rewrite, with what they say now
	image    *editRequest // what is asked of the image tool; nil: an answer of the agent's own
}

type message struct {
	role, text string
	marks      []mark   // of the text, in order
	images     []upload // in order
}

func (q *agentRequest) cacheKey() cacheKey { return cacheKey{q.Model, q.PromptCacheKey} }

// Parameters that OpenAI knows: those read above, those that make no difference here, and those that would
// have to, so that a request with one is refused.
var (
	readParams    = []string{"model", "instructions", "input", "background", "store", "stream", "max_output_tokens", "metadata", "prompt_cache_key", "prompt_cache_options", "service_tier", "truncation", "temperature", "top_p", "reasoning", "text", "tools", "tool_choice", "max_tool_calls"}
	ignoredParams = []string{"access_programs", "context_management", "include", "moderation", "parallel_tool_calls", "prompt_cache_retention", "safety_identifier", "stream_options", "top_logprobs", "user"}
	refusedParams = []string{"conversation", "previous_response_id", "prompt"}
)

var (
	efforts      = []string{"", "none", "minimal", "low", "medium", "high", "xhigh", "max"}
	verbosities  = []string{"", "low", "medium", "high"}
	truncations  = []string{"", "auto", "disabled"}
	serviceTiers = []string{"", "auto", "default", "flex", "scale", "priority", "fast", "ultrafast"}
	formats      = []string{"", "text", "json_object", "json_schema"}
	formatName   = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
)

// respond is POST /v1/responses.
func (s *Server) respond(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.broken(w, r, KindAgent, err)
		return
	}
	q, problem := readAgent(r.Header.Get("Content-Type"), body)
	c := q.call(body)
	x := s.begin(w, r, c, digest(string(body)))
	if x == nil {
		return
	}
	if problem == nil {
		problem = q.check()
	}
	var model Model
	if problem == nil {
		model, problem = s.model(q.Model, KindAgent)
	}
	var p *response
	switch {
	case problem != nil:
	case q.image != nil:
		p, problem = s.createImage(x, q, model, c.ImageSHA256)
	default:
		p, problem = s.create(x, q, model)
	}
	if problem != nil {
		x.fail(problem)
		return
	}
	if q.Background {
		s.generate(p, x.fault)
		x.answer(p.wire(outcome{status: "queued"}))
		return
	}
	final := s.end(p, p.final)
	x.wait(s.latency(p))
	if final.answers() {
		s.mu.Lock()
		s.prompts.write(q.cacheKey(), p.prefixes...)
		s.mu.Unlock()
	}
	x.answer(p.wire(final))
}

// broken records a request whose body could not be read to its end.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, kind string, err error) {
	x := &exchange{s: s, w: w, r: r, rec: s.enter(Call{Kind: kind, Header: r.Header}, "broken")}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		x.fail(&apiError{status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("Maximum content size limit (%d) exceeded.", tooLarge.Limit)})
		return
	}
	x.cut(0)
}

func contentProblem(header, want string) *apiError {
	if media, _, err := mime.ParseMediaType(header); err == nil && media == want {
		return nil
	}
	return &apiError{code: "unsupported_content_type", message: fmt.Sprintf("Unsupported content type: '%s'. This API method only accepts '%s' requests.", header, want)}
}

// readAgent reads as much of the body as can be read, and says what is wrong with the rest.
func readAgent(contentType string, body []byte) (q agentRequest, problem *apiError) {
	if problem := contentProblem(contentType, "application/json"); problem != nil {
		return q, problem
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil {
		return q, &apiError{message: "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON."}
	}
	if err := json.Unmarshal(body, &q); err != nil {
		var wrong *json.UnmarshalTypeError
		errors.As(err, &wrong) // the body is JSON: nothing else can be wrong with it
		return q, &apiError{param: wrong.Field, code: "invalid_type", message: fmt.Sprintf("Invalid type for '%s': got %s instead.", wrong.Field, wrong.Value)}
	}
	for name, value := range given {
		switch {
		case slices.Contains(readParams, name), slices.Contains(ignoredParams, name):
		case slices.Contains(refusedParams, name):
			if empty := []string{"null", "[]", `""`}; !slices.Contains(empty, string(value)) {
				return q, &apiError{param: name, code: "unsupported_parameter", message: "The simulated OpenAI does not do '" + name + "'."}
			}
		default:
			return q, &apiError{param: name, code: "unknown_parameter", message: "Unknown parameter: '" + name + "'."}
		}
	}
	q.messages, problem = readInput(q.Input)
	if problem == nil {
		problem = q.readTools()
	}
	for _, m := range slices.Backward(q.messages) {
		if m.role == "user" {
			_, q.elements = splitTexts(m.text)
			break
		}
	}
	return q, problem
}

// readInput reads the input: a string, or a list of messages whose content is a string or a list of texts.
func readInput(input json.RawMessage) ([]message, *apiError) {
	input = bytes.TrimSpace(input)
	if len(input) == 0 || string(input) == "null" {
		return nil, missing("input")
	}
	var text string
	if json.Unmarshal(input, &text) == nil {
		return []message{{role: "user", text: text}}, nil
	}
	var items []struct {
		Type, Role string
		Content    json.RawMessage
	}
	if err := json.Unmarshal(input, &items); err != nil {
		return nil, &apiError{param: "input", code: "invalid_type", message: "Invalid type for 'input': expected one of an array of input items or a string."}
	}
	messages := make([]message, 0, len(items))
	for i, item := range items {
		param := fmt.Sprintf("input[%d]", i)
		if item.Type != "" && item.Type != "message" {
			return messages, &apiError{param: param + ".type", code: "invalid_value", message: "The simulated OpenAI reads no input of type '" + item.Type + "'."}
		}
		if !slices.Contains([]string{"user", "assistant", "system", "developer"}, item.Role) {
			return messages, &apiError{param: param + ".role", code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. Supported values are: 'assistant', 'system', 'developer', and 'user'.", item.Role)}
		}
		m := message{role: item.Role}
		var parts []struct {
			Type, Text string
			ImageURL   string `json:"image_url"`
			Detail     string
			Breakpoint *mark `json:"prompt_cache_breakpoint"`
		}
		if json.Unmarshal(item.Content, &m.text) != nil {
			if err := json.Unmarshal(item.Content, &parts); err != nil || len(item.Content) == 0 {
				return messages, missing(param + ".content")
			}
			for j, part := range parts {
				at := fmt.Sprintf("%s.content[%d]", param, j)
				switch part.Type {
				case "input_text", "output_text":
				case "input_image":
					image, problem := readImage(at, part.ImageURL, part.Detail)
					if problem != nil {
						return messages, problem
					}
					m.images = append(m.images, image)
				default:
					return messages, &apiError{param: at, code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. The simulated OpenAI reads 'input_text', 'input_image' and 'output_text'.", part.Type)}
				}
				m.text += part.Text
				if k := part.Breakpoint; k != nil {
					k.at = len(m.text)
					m.marks = append(m.marks, *k)
				}
			}
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// splitTexts parts a message at its last line that says TEXTS: the prose before it, and the texts in the
// JSON array after it.
func splitTexts(text string) (prose string, elements []Rewritten) {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range slices.Backward(lines) {
		if strings.TrimSpace(line) == "TEXTS" {
			json.Unmarshal([]byte(strings.Join(lines[i+1:], "")), &elements)
			return strings.Join(lines[:i], ""), elements
		}
	}
	return text, nil
}

// check holds the request against OpenAI's rules.
func (q *agentRequest) check() *apiError {
	oneOf := func(param, value string, allowed []string) *apiError {
		if slices.Contains(allowed, value) {
			return nil
		}
		return &apiError{param: param, code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. Supported values are: '%s'.", value, strings.Join(allowed[1:], "', '"))}
	}
	if p := cmp.Or(
		oneOf("reasoning.effort", q.Reasoning.Effort, efforts),
		oneOf("text.verbosity", q.Text.Verbosity, verbosities),
		oneOf("truncation", q.Truncation, truncations),
		oneOf("service_tier", q.ServiceTier, serviceTiers),
		oneOf("text.format.type", q.Text.Format.Type, formats),
		q.checkCache(oneOf),
	); p != nil {
		return p
	}
	switch {
	case q.Model == "":
		return missing("model")
	case q.Stream:
		return &apiError{param: "stream", code: "unsupported_parameter", message: "The simulated OpenAI does not stream."}
	case q.Temperature != nil:
		return &apiError{param: "temperature", code: "unsupported_parameter", message: "Unsupported parameter: 'temperature' is not supported with this model."}
	case q.TopP != nil:
		return &apiError{param: "top_p", code: "unsupported_parameter", message: "Unsupported parameter: 'top_p' is not supported with this model."}
	case q.MaxOutputTokens != nil && *q.MaxOutputTokens < 16:
		return &apiError{param: "max_output_tokens", code: "integer_below_min_value", message: fmt.Sprintf("Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got %d instead.", *q.MaxOutputTokens)}
	case q.MaxOutputTokens != nil && *q.MaxOutputTokens > 128_000:
		return &apiError{param: "max_output_tokens", code: "integer_above_max_value", message: fmt.Sprintf("Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 128000, but got %d instead.", *q.MaxOutputTokens)}
	case len(q.PromptCacheKey) > 64:
		return &apiError{param: "prompt_cache_key", code: "string_above_max_length", message: fmt.Sprintf("Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64, but got a string with length %d instead.", len(q.PromptCacheKey))}
	case len(q.Metadata) > 16:
		return &apiError{param: "metadata", code: "object_above_max_properties", message: fmt.Sprintf("Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got %d.", len(q.Metadata))}
	}
	for key, value := range q.Metadata {
		if len(key) > 64 || len(value) > 512 {
			return &apiError{param: "metadata." + key, code: "string_above_max_length", message: "Invalid 'metadata': keys have at most 64 characters, values at most 512."}
		}
	}
	if f := q.Text.Format; f.Type == "json_schema" {
		switch {
		case !formatName.MatchString(f.Name):
			return &apiError{param: "text.format.name", code: "invalid_value", message: fmt.Sprintf("Invalid 'text.format.name': '%s' does not match the pattern '^[a-zA-Z0-9_-]+$' of at most 64 characters.", f.Name)}
		case f.Schema == nil:
			return missing("text.format.schema")
		case f.Strict != nil && *f.Strict:
			return checkSchema(f.Name, f.Schema)
		}
	}
	return nil
}

// call is the request as tests see it.
func (q *agentRequest) call(body []byte) Call {
	c := Call{
		Kind: KindAgent, Model: q.Model, Instructions: q.Instructions, SchemaName: q.Text.Format.Name, Effort: q.Reasoning.Effort,
		CacheKey: q.PromptCacheKey, Metadata: q.Metadata, ServiceTier: q.ServiceTier,
		Store: q.Store == nil || *q.Store, InBackground: q.Background, Body: body,
	}
	if q.MaxOutputTokens != nil {
		c.MaxOutputTokens = *q.MaxOutputTokens
	}
	for _, m := range q.messages {
		c.Input = append(c.Input, m.text)
	}
	for _, e := range q.elements {
		c.Elements = append(c.Elements, e.ID)
	}
	if q.image != nil {
		made := q.image.call()
		c.Kind, c.Carrier, c.Model, c.Prompt = KindImage, q.Model, made.Model, made.Prompt
		c.Size, c.Quality, c.Background = made.Size, made.Quality, made.Background
		c.ImageName, c.ImageType, c.ImageSHA256 = made.ImageName, made.ImageType, made.ImageSHA256
		c.Format, c.Beside = made.Format, made.Beside
	}
	return c
}
