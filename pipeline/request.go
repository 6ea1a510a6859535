package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

// Invocation is what is known of one call of the pipeline besides its payload.
type Invocation struct {
	// RequestID is the invocation's own id, the one that its log lines carry.
	RequestID string
	// Execution is the Step Functions execution around it; nil in a direct invocation.
	Execution *Execution
}

// Execution is what the wrapper adds to its input: the state machine's context object, in part.
type Execution struct {
	ID             string    `json:"id"`             // $$.Execution.Id
	StartTime      time.Time `json:"startTime"`      // $$.Execution.StartTime
	RetryCount     int       `json:"retryCount"`     // $$.State.RetryCount
	StateMachine   string    `json:"stateMachine"`   // $$.StateMachine.Id, where a continuation is started
	TimeoutSeconds float64   `json:"timeoutSeconds"` // how long a run may work in one execution; 0 is ExecutionLimit
}

// limit is how long a run may work in the execution.
func (e *Execution) limit() time.Duration {
	if e.TimeoutSeconds > 0 {
		return time.Duration(e.TimeoutSeconds * float64(time.Second))
	}
	return ExecutionLimit
}

// runID is the execution's own run id: what its ARN says after the state machine's name. An asynchronous Express
// execution can be delivered twice; both deliveries have this id, so both are the same run.
func (e *Execution) runID() string {
	parts := strings.Split(e.ID, ":")
	id := parts[len(parts)-1]
	if i := len(parts) - 2; i >= 6 && parts[5] == "express" {
		id = parts[i] + "-" + parts[i+1]
	}
	if !runIDs.MatchString(id) { // an execution's name may have characters that a run id may not
		id = "execution-" + strings.Trim(truncate(unsafeInKey.ReplaceAllString(id, "-"), 80), "-") + "-" + shortHash(e.ID)
	}
	return id
}

// envelope is a payload, taken apart: what is asked for, and what the wrapper says around it.
type envelope struct {
	action    string
	execution *Execution // nil in a direct invocation
	fields    object     // of what is asked for; nil where the input of a failed execution is no JSON object
	failed    object     // error and cause, of handleFailure
}

// maxExecutionInput is how large, in bytes, an execution's input may be: with the envelope, and the error and cause
// that HandleFailure gets beside it, it stays under the 256 KB that Step Functions carries.
const maxExecutionInput = 200_000

// open takes the envelope off a payload; a direct invocation's payload has none and is all input.
func open(payload []byte) (envelope, error) {
	fields, err := parseObject("the payload", payload)
	if err != nil {
		return envelope{}, err
	}
	e := envelope{fields: fields}
	if e.action, err = fields.text("action"); err != nil {
		return envelope{}, err
	}
	if fields.has("execution") || e.action == "handleFailure" {
		if err := fields.only("the wrapper's payload", "action", "execution", "error", "cause", "input"); err != nil {
			return envelope{}, err
		}
	}
	if fields.has("execution") {
		if e.execution, err = parseExecution(fields["execution"]); err != nil {
			return envelope{}, err
		}
	}
	switch {
	case e.action == "handleFailure":
		e.failed = object{"error": fields["error"], "cause": fields["cause"]}
		// An input that is no request has made no run, but the wrapper reports it all the same.
		e.fields, _ = parseObject("input", fields["input"])
	case e.execution != nil:
		return e.unwrap(fields)
	}
	return e, nil
}

// unwrap takes what is asked for out of the wrapper's payload.
func (e envelope) unwrap(fields object) (envelope, error) {
	if !fields.has("input") {
		return envelope{}, failure(InvalidRequest, "the wrapper's payload has no input")
	}
	input := fields["input"]
	if len(input) > maxExecutionInput {
		return envelope{}, failure(InvalidRequest, "the execution's input has %d bytes; the most is %d: put guide and funnel into a template with action putTemplate, and start the execution with its templateId", len(input), maxExecutionInput)
	}
	var err error
	if e.fields, err = parseObject("the execution's input", input); err != nil {
		return envelope{}, err
	}
	if e.action == "" {
		if e.action, err = e.fields.text("action"); err != nil {
			return envelope{}, err
		}
		if e.action == "handleFailure" {
			return envelope{}, failure(InvalidRequest, "action handleFailure is the wrapper's own, not an execution's input")
		}
	}
	return e, nil
}

// parseExecution reads what the wrapper says of the execution.
func parseExecution(raw json.RawMessage) (*Execution, error) {
	e := new(Execution)
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, failure(InvalidRequest, "execution: %w", err)
	}
	if e.ID == "" || e.StartTime.IsZero() {
		return nil, failure(InvalidRequest, "execution must name the execution's id and startTime")
	}
	return e, nil
}

// Request asks for a run.
type Request struct {
	RunID           string          // "" takes the execution's or the invocation's id
	TemplateID      string          // "" when both BrandGuide and TemplateFunnel are given
	TemplateVersion string          // "latest", or a version
	Input           string          // what the user asks of the rewrite, in their own words
	MaxCostUSD      *cost.Amount    // nil: only the operator's limit
	BrandGuide      string          // text, or JSON as it was given; used instead of the template's
	TemplateFunnel  string          // JSON as it was given; used instead of the template's
	Redo            bool            // what is recorded as failed for good is asked for again, of a completed run too
	Metadata        json.RawMessage // a template's metadata, of a request that brings guide and funnel
	MinScore        *int            // under which a completed run needs review; nil: the operator's
	ReuseFrom       string          // the run whose rewrites are taken where they still fit; "": see reuse.go
	NoReuse         bool            // every text is asked for
	// RegenerateImages: an image is asked for although an earlier run made the same.
	RegenerateImages bool
}

var (
	runIDs      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	templateIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)
	versions    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// parseRequest reads a run's payload. The error is an InvalidRequest that names the field.
func parseRequest(fields object) (Request, error) {
	if err := fields.only("the payload", "action", "templateId", "templateVersion", "input", "runId", "maxCostUsd", "brandGuide", "templateFunnel", "metadata", "redo", "minScore", "reuseFrom", "reuse", "regenerateImages"); err != nil {
		return Request{}, err
	}
	var r Request
	var err error
	for _, id := range []struct {
		name   string
		target *string
		form   *regexp.Regexp
		must   string
	}{
		{"templateId", &r.TemplateID, templateIDs, "be 1 to 128 letters, digits, dots, dashes, colons and underscores"},
		{"templateVersion", &r.TemplateVersion, versions, `be "latest" or a version, such as "3"`},
		{"runId", &r.RunID, runIDs, "be 1 to 128 letters, digits, dots, dashes and underscores, and start with a letter or digit"},
	} {
		if *id.target, err = fields.text(id.name); err != nil {
			return Request{}, err
		}
		if fields.has(id.name) && !id.form.MatchString(*id.target) {
			return Request{}, failure(InvalidRequest, "%s %q must %s", id.name, abbreviate(*id.target), id.must)
		}
	}
	for name, target := range map[string]*string{"brandGuide": &r.BrandGuide, "templateFunnel": &r.TemplateFunnel} {
		if *target, err = fields.textOrJSON(name); err != nil {
			return Request{}, err
		}
		if fields.has(name) && strings.TrimSpace(*target) == "" {
			return Request{}, failure(InvalidTemplate, "%s is empty; leave it out to use the template's", name)
		}
	}
	if r.Input, err = inputText(fields); err != nil {
		return Request{}, err
	}
	if r.MaxCostUSD, err = budget(fields); err != nil {
		return Request{}, err
	}
	if r.Redo, err = redo(fields, r.RunID); err != nil {
		return Request{}, err
	}
	if r.Metadata, err = metadataField(fields); err != nil {
		return Request{}, err
	}
	if len(r.Metadata) > 0 && !r.inline() {
		return Request{}, failure(InvalidRequest, "metadata goes with both brandGuide and templateFunnel; a template has its own, which putTemplate takes")
	}
	if r.MinScore, err = minScore(fields); err != nil {
		return Request{}, err
	}
	if fields.has("regenerateImages") {
		if err := json.Unmarshal(fields["regenerateImages"], &r.RegenerateImages); err != nil {
			return Request{}, failure(InvalidRequest, "regenerateImages must be true or false, not %s", kindOf(fields["regenerateImages"]))
		}
	}
	if err = r.parseReuse(fields); err != nil {
		return Request{}, err
	}
	if r.TemplateVersion != "" && r.continues() {
		return Request{}, failure(InvalidRequest, "templateVersion goes with a templateId; a run that is continued keeps the version that it began with")
	}
	if r.TemplateVersion == "" {
		r.TemplateVersion = store.LatestVersion
	}
	if r.TemplateID == "" && !r.inline() && !r.continues() {
		return Request{}, failure(InvalidRequest, "templateId is missing; give it, or both brandGuide and templateFunnel, or the runId alone of a run to be continued")
	}
	return r, nil
}

// budget is the field maxCostUsd; nil when it is absent.
func budget(fields object) (*cost.Amount, error) {
	if !fields.has("maxCostUsd") {
		return nil, nil
	}
	limit := new(cost.Amount)
	if err := json.Unmarshal(fields["maxCostUsd"], limit); err != nil {
		return nil, failure(InvalidRequest, "maxCostUsd must be a number of US dollars: %w", err)
	}
	if *limit < 0 {
		return nil, failure(InvalidRequest, "maxCostUsd is %s; it must be 0 or more", limit.Decimal())
	}
	return limit, nil
}

// minScore is the field minScore; nil when it is absent.
func minScore(fields object) (*int, error) {
	if !fields.has("minScore") {
		return nil, nil
	}
	score := new(int)
	if err := json.Unmarshal(fields["minScore"], score); err != nil || *score < 0 || *score > 100 {
		return nil, failure(InvalidRequest, "minScore must be a whole number from 0 to 100")
	}
	return score, nil
}

// parseReuse reads the fields reuseFrom and reuse.
func (r *Request) parseReuse(fields object) (err error) {
	if r.ReuseFrom, err = fields.text("reuseFrom"); err != nil {
		return err
	}
	if fields.has("reuseFrom") && !runIDs.MatchString(r.ReuseFrom) {
		return failure(InvalidRequest, "reuseFrom %q is not the id of a run", abbreviate(r.ReuseFrom))
	}
	if fields.has("reuse") {
		var reuse bool
		if err := json.Unmarshal(fields["reuse"], &reuse); err != nil {
			return failure(InvalidRequest, "reuse must be true or false, not %s", kindOf(fields["reuse"]))
		}
		r.NoReuse = !reuse
	}
	if r.NoReuse && r.ReuseFrom != "" {
		return failure(InvalidRequest, "reuse false and reuseFrom contradict each other; leave one out")
	}
	return nil
}

// redo is the field redo.
func redo(fields object, runID string) (bool, error) {
	what, err := fields.text("redo")
	switch {
	case err != nil:
		return false, err
	case what == "":
		return false, nil
	case what != "failed":
		return false, failure(InvalidRequest, "redo %q must be \"failed\": what failed for good is asked for again", abbreviate(what))
	case runID == "":
		return false, failure(InvalidRequest, "redo goes with the runId of a run that has ended")
	}
	return true, nil
}

// inputText is what the user asks: input.input_as_text, or input itself where it is a string.
func inputText(fields object) (string, error) {
	if !fields.has("input") {
		return "", nil
	}
	if fields["input"][0] == '"' {
		return fields.text("input")
	}
	input, err := parseObject("input", fields["input"])
	if err != nil {
		return "", err
	}
	if err := input.only("input", "input_as_text"); err != nil {
		return "", err
	}
	return input.text("input_as_text")
}

// inline says that the request brings everything a template holds.
func (r Request) inline() bool { return r.BrandGuide != "" && r.TemplateFunnel != "" }

// continues says that the request names a run and nothing else: the run is continued as it was asked for.
func (r Request) continues() bool {
	return r.RunID != "" && r.TemplateID == "" && r.BrandGuide == "" && r.TemplateFunnel == "" && r.Input == ""
}

// templateID is the id that the run is recorded under.
func (r Request) templateID() string {
	if r.TemplateID == "" {
		return store.InlineTemplate
	}
	return r.TemplateID
}

// fingerprint tells two payloads of one run id apart: template, version, input, guide and funnel. The budget is
// not part of it, nor is white space in JSON.
func (r Request) fingerprint() string {
	h := sha256.New()
	for _, part := range []string{r.templateID(), r.TemplateVersion, r.Input, r.BrandGuide, r.TemplateFunnel} {
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(part)) == nil {
			part = compact.String()
		}
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	if extra := r.extra(); extra != "" { // those without have the fingerprint that they always had
		h.Write([]byte(extra))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// extra is what of the newer fields the output depends on; "" where none is given.
func (r Request) extra() string {
	var b bytes.Buffer
	if len(r.Metadata) > 0 {
		b.WriteString("metadata")
		_ = json.Compact(&b, r.Metadata)
	}
	if r.ReuseFrom != "" {
		b.WriteString("reuseFrom" + r.ReuseFrom)
	}
	if r.NoReuse {
		b.WriteString("noReuse")
	}
	if r.RegenerateImages {
		b.WriteString("regenerateImages")
	}
	return b.String()
}

// recorded is the request as its run keeps it, and as parseRequest reads it again. Guide and funnel are kept in
// strings, where their bytes survive.
func (r Request) recorded() json.RawMessage {
	record := struct {
		TemplateID      string            `json:"templateId,omitempty"`
		TemplateVersion string            `json:"templateVersion"`
		Input           map[string]string `json:"input"`
		MaxCostUSD      *cost.Amount      `json:"maxCostUsd,omitempty"`
		BrandGuide      string            `json:"brandGuide,omitempty"`
		TemplateFunnel  string            `json:"templateFunnel,omitempty"`
		Metadata        json.RawMessage   `json:"metadata,omitempty"`
		MinScore        *int              `json:"minScore,omitempty"`
		ReuseFrom       string            `json:"reuseFrom,omitempty"`
		Reuse           *bool             `json:"reuse,omitempty"`
		Regenerate      bool              `json:"regenerateImages,omitempty"`
	}{r.TemplateID, r.TemplateVersion, map[string]string{"input_as_text": r.Input}, r.MaxCostUSD, r.BrandGuide, r.TemplateFunnel, r.Metadata, r.MinScore, r.ReuseFrom, nil, r.RegenerateImages}
	if r.NoReuse {
		record.Reuse = new(bool)
	}
	data, _ := json.Marshal(record) // strings and a number: it cannot fail
	return data
}

// abbreviate keeps a user's value short in a message.
func abbreviate(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
