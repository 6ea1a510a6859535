package openaitest

import (
	"cmp"
	"net/http"
	"sync"
	"time"
)

// Fault makes one call go wrong. The zero Fault changes nothing; its fields may be combined.
//
// A background response has two lives, the POST that creates it and the generation that follows. What
// concerns the answer (Status, Code, Body, Header, HoldAnswer, Drop) is done to the POST; everything else to
// the generation, and shows when the response is retrieved. On a retrieve only what concerns the answer
// applies, with Delay, Hold and ResponseStatus.
type Fault struct {
	// Status, Code, Type, Param and Message make the answer an error in OpenAI's format: a Status of 400
	// or above, or a Code. Missing ones are filled in as OpenAI fills them (insufficient_quota is a 429).
	// With ResponseStatus and no Status, Code and Message are the response's own error instead.
	Status                     int
	Code, Type, Param, Message string
	// Body is sent as it is, in place of what would be sent, with Status (0 is 200): a gateway's page, JSON
	// cut short. Its Content-Type is text/html unless Header says otherwise.
	Body string
	// Header is added to the answer: Retry-After, Retry-After-Ms, Content-Type.
	Header http.Header
	// Charge has the call processed and billed although its answer is an error, as when a gateway gives up
	// on work that goes on behind it.
	Charge bool

	Delay      time.Duration // added to the time the generation, the retrieve or the error takes
	Hold       *Gate         // keeps the generation, the retrieve or the error until the gate is released
	HoldAnswer *Gate         // keeps the answer to the POST, when its work is done or queued
	Drop       string        // DropBefore, DropAfter or DropMid: the connection is cut

	Refusal    string                        // agent: a refusal in the output, beside Text if that is set; image: moderation_blocked with this message, as a 400 or as the error of the tool's call
	Incomplete string                        // agent: ends incomplete for this reason (max_output_tokens, content_filter), half its text written; image tool: likewise, before it is called
	Text       string                        // agent: the whole output text, whatever the schema says; image tool: said in place of calling it
	Edit       func([]Rewritten) []Rewritten // agent: changes the rewrites before they are written into the answer
	// ResponseStatus is what the response ends as (failed, cancelled, expired: none is billed). On a retrieve
	// it is what this one answer says, so in_progress keeps a finished response pending.
	ResponseStatus string

	NoUsage     bool   // the answer carries no usage; the call is billed for what it used
	NoToolUsage bool   // image tool: the answer carries no tool_usage; billed likewise
	Usage       *Usage // the usage that the answer carries, of the image tool where there is one; billed by it if it is possible, else by what was used
	ServiceTier string // agent and image tool: the tier that the answer says it was served on, and is billed by
	Model       string // agent and image tool: the model that the answer names; billed as the one asked for

	Image   []byte // image: sent in place of the drawing
	Base64  string // image: sent as b64_json as it is, whether or not it is base64
	NoImage bool   // image: an answer whose data is empty
	Quality string // image: the quality that the answer says it was served in, and is billed by
}

// The ways a connection can be cut.
const (
	DropBefore = "before" // unprocessed and unbilled, no answer
	DropAfter  = "after"  // processed and billed, no answer
	DropMid    = "mid"    // processed and billed, half the answer's body
)

// Rewritten is one text of the agent's answer.
type Rewritten struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Gate holds calls in flight until a test releases them.
type Gate struct {
	arrived  chan Call
	released chan struct{}
	release  func()
}

// NewGate returns a closed gate.
func NewGate() *Gate {
	g := &Gate{arrived: make(chan Call), released: make(chan struct{})}
	g.release = sync.OnceFunc(func() { close(g.released) })
	return g
}

// Arrived gives one value for every call that is now held at the gate. What is on the bill for the call is
// on it by then.
func (g *Gate) Arrived() <-chan Call { return g.arrived }

// Release lets every call through that is held, or comes later. It may be called more than once.
func (g *Gate) Release() { g.release() }

// hold returns true when the gate was released, false when gone or done came first. A nil gate is open.
func (g *Gate) hold(c Call, gone, done <-chan struct{}) bool {
	if g == nil {
		return true
	}
	arrived := g.arrived
	for {
		select {
		case arrived <- c:
			arrived = nil
		case <-g.released:
			return true
		case <-gone:
			return false
		case <-done:
			return false
		}
	}
}

// pause returns true after d, false when gone or done came first.
func pause(d time.Duration, gone, done <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-gone:
		return false
	case <-done:
		return false
	}
}

// failure is the error that the fault has the call answered with, nil when it does not.
func (f *Fault) failure() *apiError {
	if f.Status < 400 && (f.Code == "" || f.ResponseStatus != "") {
		return nil
	}
	return &apiError{status: f.Status, code: f.Code, kind: f.Type, param: f.Param, message: f.Message}
}

// apiError is an error answer. Zero fields are filled in as OpenAI would.
type apiError struct {
	status         int
	code, kind     string
	param, message string
}

func missing(param string) *apiError {
	return &apiError{param: param, code: "missing_required_parameter", message: "Missing required parameter: '" + param + "'."}
}

// statuses are those of the codes that do not come as 400.
var statuses = map[string]int{
	"invalid_api_key":      http.StatusUnauthorized,
	"model_not_found":      http.StatusNotFound,
	"insufficient_quota":   http.StatusTooManyRequests,
	"rate_limit_exceeded":  http.StatusTooManyRequests,
	"server_error":         http.StatusInternalServerError,
	"server_is_overloaded": http.StatusServiceUnavailable,
}

// messages are OpenAI's for the codes that tests ask for most.
var messages = map[string]string{
	"invalid_api_key":            "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
	"insufficient_quota":         "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
	"billing_hard_limit_reached": "Billing hard limit has been reached.",
	"rate_limit_exceeded":        "Rate limit reached for requests. Please try again later.",
	"moderation_blocked":         "Your request was rejected by the safety system.",
	"server_error":               "The server had an error while processing your request. Sorry about that!",
	"server_is_overloaded":       "Our servers are currently overloaded. Please try again later.",
}

// wire is the error as OpenAI writes it.
func (e *apiError) wire() (status int, body map[string]any) {
	status = cmp.Or(e.status, statuses[e.code], http.StatusBadRequest)
	kind := e.kind
	switch {
	case kind != "":
	case e.code == "insufficient_quota":
		kind = e.code
	case e.code == "moderation_blocked":
		kind = "image_generation_user_error"
	case status == http.StatusTooManyRequests:
		kind = "requests"
	case status >= 500:
		kind = "server_error"
	default:
		kind = "invalid_request_error"
	}
	message := cmp.Or(e.message, messages[e.code], messages["server_error"])
	return status, map[string]any{"error": map[string]any{
		"message": message, "type": kind, "param": orNull(e.param), "code": orNull(e.code),
	}}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
