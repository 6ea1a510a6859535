package openaitest

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// outcome is what a response has come to.
type outcome struct {
	status        string
	reason        string // incomplete: why
	code, message string // failed: the error
	output        []any
	usage         any    // nil is null
	toolUsage     any    // tool_usage; nil is left out
	picture       string // base64 of the image made, for the output that has the place of one
}

// answers reports whether the model said something, whole or cut short; that is billed.
func (o outcome) answers() bool { return o.status == "completed" || o.status == "incomplete" }

// write fills in what the model says, and the output tokens that it takes to say it.
func (p *response) write(used *Usage, f Fault, text string) {
	status, reason := cmp.Or(f.ResponseStatus, "completed"), ""
	visible := textTokens(text + f.Refusal)
	used.Reasoning = thought(visible, p.q.Reasoning.Effort)
	used.Output = used.Reasoning + visible
	if limit := p.q.MaxOutputTokens; f.Incomplete != "" {
		status, reason = "incomplete", f.Incomplete
		text = cut(text, len(text)/2)
	} else if limit != nil && used.Output > *limit {
		status, reason = "incomplete", "max_output_tokens"
		used.Reasoning = min(used.Reasoning, *limit)
		used.Output = *limit
		text = cut(text, int(*limit-used.Reasoning)*4)
	}
	p.final = outcome{status: status, reason: reason, usage: usageWire(*used)}
	if !p.final.answers() {
		p.final = outcome{status: status, code: cmp.Or(f.Code, "server_error"), message: cmp.Or(f.Message, messages[f.Code], messages["server_error"])}
		return
	}
	if used.Reasoning > 0 {
		p.final.output = append(p.final.output, map[string]any{"id": "rs_" + p.id[5:], "type": "reasoning", "summary": []any{}})
	}
	var content []any
	if text != "" {
		content = append(content, map[string]any{"type": "output_text", "text": text, "annotations": []any{}, "logprobs": []any{}})
	}
	if f.Refusal != "" {
		content = append(content, map[string]any{"type": "refusal", "refusal": f.Refusal})
	}
	if content != nil {
		p.final.output = append(p.final.output, map[string]any{"id": "msg_" + p.id[5:], "type": "message", "role": "assistant", "status": status, "content": content})
	}
}

// thought is how many tokens of reasoning come before so many visible ones: in steps of 64, as OpenAI
// counts them.
func thought(visible int64, effort string) int64 {
	share, ok := map[string]int64{"none": 0, "minimal": 0, "low": 8, "high": 2, "xhigh": 1, "max": 1}[effort]
	if !ok {
		share = 4
	}
	if share == 0 {
		return 0
	}
	return (visible/share + 63) / 64 * 64
}

// cut shortens text to at most n bytes, at a character.
func cut(text string, n int) string {
	if n <= 0 || text == "" {
		return ""
	}
	return strings.ToValidUTF8(text[:min(n, len(text))], "")
}

// compose writes the answer that the schema asks for: the rewrites, and a note that nobody was asked.
func (s *Server) compose(q agentRequest, edit func([]Rewritten) []Rewritten) string {
	var sources []string
	for _, m := range q.messages {
		prose, _ := splitTexts(m.text)
		sources = append(sources, prose)
	}
	rewrite := s.o.Rewrite
	if rewrite == nil {
		rewrite = Voice{Brand: brandName(append(sources, q.Instructions)...), Former: formerBrand(q.elements), Others: formerNames(sources)}.Rewrite
	}
	rewritten := make([]Rewritten, len(q.elements))
	for i, e := range q.elements {
		rewritten[i] = Rewritten{e.ID, rewrite(e.ID, e.Text)}
	}
	if edit != nil {
		rewritten = edit(rewritten)
	}
	rewrites := make([]any, len(rewritten))
	for i, r := range rewritten {
		rewrites[i] = map[string]any{"id": r.ID, "text": r.Text}
	}
	notes := []any{fmt.Sprintf("SIMULATED by Full Turner - no model was asked: %d texts were rewritten by rule.", len(rewrites))}
	problems := []any{}
	if len(q.elements) == 0 {
		problems = append(problems, "SIMULATED: the request held no TEXTS to rewrite.")
	}
	answer := conform(q.Text.Format.Schema, map[string]any{"rewrites": rewrites, "notes": notes, "problems": problems})
	return strings.TrimSpace(string(encode(answer)))
}

// wire is the response object as OpenAI writes it.
func (p *response) wire(o outcome) []byte {
	q := p.q
	v := map[string]any{
		"id": p.id, "object": "response", "created_at": p.created.Unix(), "status": o.status,
		"background": q.Background, "completed_at": nil, "error": nil, "incomplete_details": nil,
		"instructions": orNull(q.Instructions), "max_output_tokens": q.MaxOutputTokens, "max_tool_calls": nil,
		"model": p.model, "output": []any{}, "parallel_tool_calls": true, "previous_response_id": nil,
		"prompt_cache_key": orNull(q.PromptCacheKey), "reasoning": map[string]any{"effort": cmp.Or(q.Reasoning.Effort, "medium"), "summary": orNull(q.Reasoning.Summary)},
		"safety_identifier": nil, "service_tier": p.tier, "store": q.Store == nil || *q.Store, "temperature": 1.0,
		"text": map[string]any{"format": p.format(), "verbosity": cmp.Or(q.Text.Verbosity, "medium")}, "tool_choice": "auto", "tools": []any{},
		"top_logprobs": 0, "top_p": 1.0, "truncation": cmp.Or(q.Truncation, "disabled"), "usage": o.usage, "user": nil,
		"metadata": map[string]string{}, "access_programs": map[string]any{"cyber": "standard"},
	}
	if q.Metadata != nil {
		v["metadata"] = q.Metadata
	}
	if o.output != nil {
		v["output"] = o.output
	}
	switch o.status {
	case "completed":
		v["completed_at"] = p.finished.Unix()
	case "incomplete":
		v["incomplete_details"] = map[string]any{"reason": o.reason}
	case "failed":
		v["error"] = map[string]any{"code": cmp.Or(o.code, "server_error"), "message": cmp.Or(o.message, messages["server_error"])}
	case "queued", "in_progress":
		v["service_tier"] = cmp.Or(q.ServiceTier, "auto")
	}
	if q.image != nil {
		v["tools"], v["tool_choice"], v["max_tool_calls"] = q.Tools, q.ToolChoice, q.MaxToolCalls
	}
	if o.toolUsage != nil {
		v["tool_usage"] = o.toolUsage
	}
	body := encode(v)
	if o.picture != "" { // megabytes of base64 are not looked through by the JSON encoder
		body = bytes.Replace(body, []byte(picturePlace), []byte(o.picture), 1)
	}
	return body
}

func (p *response) format() map[string]any {
	f := p.q.Text.Format
	if f.Type != "json_schema" {
		return map[string]any{"type": cmp.Or(f.Type, "text")}
	}
	return map[string]any{"type": f.Type, "name": f.Name, "description": orNull(f.Description), "schema": f.Schema, "strict": f.Strict != nil && *f.Strict}
}

func usageWire(u Usage) map[string]any {
	written := map[string]any{"ttl_30m_tokens": u.CacheWrite - u.CacheWriteLong, "ttl_12h_tokens": u.CacheWriteLong}
	return map[string]any{
		"input_tokens":          u.Input,
		"input_tokens_details":  map[string]any{"cached_tokens": u.Cached, "cache_write_tokens": u.CacheWrite, "cache_write_tokens_details": written},
		"output_tokens":         u.Output,
		"output_tokens_details": map[string]any{"reasoning_tokens": u.Reasoning},
		"total_tokens":          u.Input + u.Output,
	}
}
