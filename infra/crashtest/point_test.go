package crashtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// The services that a front stands before.
const (
	dynamoDB = "DynamoDB"
	s3       = "S3"
	openAI   = "OpenAI"
)

// point is a kill point: a request that changes something, costs something or fetches what was paid for. The order of
// requests differs from run to run, so a point is named by what it is about.
type point struct {
	service string
	verb    string
	subject string
	nth     int // among the attempt's requests that are the same but for this, from 1
}

func (p point) String() string {
	return fmt.Sprintf("%s %s %s/%d", p.service, p.verb, p.subject, p.nth)
}

// phase is when the process is killed, as the request sees it.
type phase string

const (
	before phase = "before"
	during phase = "during"
	after  phase = "after"
)

var phases = []phase{before, during, after}

// kill is the end of one process.
type kill struct {
	point
	phase phase
}

func (k kill) String() string { return string(k.phase) + " " + k.point.String() }

// nameOf names a request; matters is false where no process is killed at it: reads of what is stored,
// and renewals of the lease.
func (r *run) nameOf(service string, req *http.Request, body []byte) (p point, matters bool) {
	p.service = service
	switch service {
	case dynamoDB:
		_, p.verb, _ = strings.Cut(req.Header.Get("X-Amz-Target"), ".")
		p.subject, _ = dynamoWrite(body)
		switch p.verb {
		case "GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable":
			return p, false
		}
		return p, !renewal(body)
	case s3:
		p.verb = req.Method
		_, key, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/") // behind the bucket
		if strings.HasPrefix(key, "spill/") {
			key = "spill"
		}
		p.subject = strings.ReplaceAll(key, r.id, "RUN")
		return p, req.Method != http.MethodGet && req.Method != http.MethodHead
	}
	p.verb = req.Method
	switch id, fetch := strings.CutPrefix(req.URL.Path, "/v1/responses/"); {
	case fetch:
		p.subject = "response to " + r.askedBy(id)
	case strings.HasSuffix(req.URL.Path, "/images/edits"):
		p.subject = "image " + shownIn(string(body))
	default:
		var in struct{ Metadata struct{ Call string } }
		_ = json.Unmarshal(body, &in)
		p.subject = in.Metadata.Call
	}
	return p, true
}

// renewal says that a write moves a lease and sets nothing else. Leases are renewed by the clock, in the middle of
// whatever goes on, so no kill can be planned there.
func renewal(body []byte) bool {
	var in struct{ UpdateExpression string }
	_ = json.Unmarshal(body, &in)
	return strings.Contains(in.UpdateExpression, "leaseUntil") && !strings.Contains(in.UpdateExpression, ",")
}

// dynamoWrite reads what a write to DynamoDB is about, and the ledger row that it writes, if it does.
func dynamoWrite(body []byte) (subject string, row *wireRow) {
	var in struct {
		TableName string
		Item      struct {
			LogType struct{ S string } `json:"logType"`
			Data    struct{ M wireRow }
		}
	}
	_ = json.Unmarshal(body, &in)
	subject = in.TableName
	if name := in.Item.LogType.S; name != "" {
		subject += " " + name
		if strings.HasPrefix(name, ledgerPrefix) {
			row = &in.Item.Data.M
			row.logType = name
		}
	}
	return subject, row
}

// ledgerPrefix begins the logType of every paid call's row.
const ledgerPrefix = "call#"

// wireRow is a ledger row as DynamoDB is sent it, as far as it says what must not be paid for again.
type wireRow struct {
	logType    string
	State      struct{ S string }
	ResponseID struct{ S string } `json:"responseId"`
	ElementID  struct{ S string } `json:"elementId"`
}

// settled says that the row holds an answer, or where to fetch one.
func (w wireRow) settled() bool {
	return w.State.S == "answered" || w.State.S == "failed" || w.ResponseID.S != ""
}

// askedBy is the ledger row that a response was asked for by.
func (r *run) askedBy(responseID string) string {
	for _, c := range r.fake.Calls() {
		if name := c.Metadata["call"]; name != "" && c.ResponseID == responseID {
			return name
		}
	}
	return "nobody"
}

var shown = regexp.MustCompile(`What it shows: (\S+)`)

// shownIn is the element whose image a prompt is about: its alternative text is its id.
func shownIn(prompt string) string {
	if m := shown.FindStringSubmatch(prompt); m != nil {
		return m[1]
	}
	return "unknown"
}
