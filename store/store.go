// Package store holds what Full Turner remembers: templates, runs and their
// logs in a Store, and images, outputs and other large content in Objects.
//
// There are two of each, proved by one test: Dynamo and S3 in AWS, Bolt (one
// file) and Dir (one folder) on a laptop.
//
// # Tables
//
//	templates       templateId, version     one item a version, and one whose version is "latest"
//	processingRuns  runId, timestamp        one item a run; index templateId-timestamp-index (all attributes)
//	outputLogs      runId, logType          many rows a run; logType is a path, and a prefix selects
//
// A version of a template never changes. The latest item is a full copy that
// names, in versionNumber, the version it copies, so reading it is one GetItem,
// and a template typed into the console with only a latest item reads too.
//
// A run id is one run, whoever creates it at the same time: the sort key of
// processingRuns is the time of creation, so two creators could make two items.
// The creator therefore first claims the id with the row "run#created" in
// outputLogs, which fixes the timestamp and which Logs does not show, and puts
// the run with that timestamp.
//
// # Fencing
//
// A run belongs to the attempt that holds its lease. TakeLease raises the
// attempt by one, conditional on what the caller saw, so of many takers one
// wins. Every later write carries the attempt and is conditional on it and on
// the run being running; a process that lost the lease, or that wakes up after
// the run was closed, changes nothing and gets ErrFenced.
//
// The run and its log rows are different items in DynamoDB, so a log write is
// two requests there: a consistent read of the run's attempt and status, then a
// write conditional on the row's own attempt. Between the two another attempt
// may take the run, and the row is then still written. That is harmless: it can
// never replace a row of a later attempt, and a row it adds names a call that
// this attempt is really about to make, which the ledger should hold. Bolt does
// both in one transaction.
//
// # Large content
//
// A DynamoDB item may hold 400 KB. Any field that is large (over 8 KB for a
// run, so that lease renewals and consistent reads stay cheap, over 32 KB
// elsewhere), or that DynamoDB cannot hold exactly, goes to Objects under
// "spill/" and the SHA-256 of its JSON; the item keeps the key in the map
// attribute "spilled". Readers never notice. Spilled objects are shared between
// records and are never deleted by this package.
//
// # What is promised of values
//
// Strings come back as they were put, and so does JSON as a value: the order of
// keys and white space may change, and numbers keep their value but not their
// spelling (1.10 may return as 1.1). An absent field and a JSON null stay
// different. Times are kept in UTC to the millisecond. The message of a log or
// of a run's error is cut at 4 KB, and says so.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/full-turner/full-turner/cost"
)

// Errors of this package. Each is wrapped with the operation and the key.
var (
	// ErrNotFound: there is no such record or object.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the record changed since it was read, or exists already.
	ErrConflict = errors.New("conflict")
	// ErrFenced: a later attempt holds the run, or the run is not running.
	ErrFenced = errors.New("fenced")
	// ErrUnavailable: the service could not be reached, failed or throttled,
	// its own retries included. Worth another try later.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid: an argument can never be stored or found as it is; the text
	// names the field and the limit.
	ErrInvalid = errors.New("invalid")
	// ErrBadToken: a paging token is not one that this list returned.
	ErrBadToken = errors.New("bad paging token")
)

// Names that the tables are made of.
const (
	// IndexName is the index of the runs table, keyed by AttributeTemplateID
	// and AttributeTimestamp. It must project all attributes.
	IndexName = "templateId-timestamp-index"

	AttributeTemplateID = "templateId" // partition key of templates; partition key of the index
	AttributeVersion    = "version"    // sort key of templates
	AttributeRunID      = "runId"      // partition key of runs and logs
	AttributeTimestamp  = "timestamp"  // sort key of runs and of the index
	AttributeLogType    = "logType"    // sort key of logs
	AttributeExpiresAt  = "expiresAt"  // time to live of logs, Unix seconds
)

// Prefixes of object keys. SpillPrefix is this package's own; the pipeline
// chooses the keys under the others.
const (
	ImagesPrefix    = "images/"
	RunsPrefix      = "runs/"
	SpillPrefix     = "spill/"
	ResponsesPrefix = "responses/"
	GuidesPrefix    = "guides/"
)

const (
	// LatestVersion names the newest version of a template.
	LatestVersion = "latest"
	// InlineTemplate stands for the template of a run that names none: an empty
	// index key would drop the run from the index.
	InlineTemplate = "inline"
)

// TemplateStatus says whether a template may be used.
type TemplateStatus string

// The statuses of a template. Putting a template without one makes it Active.
const (
	Active   TemplateStatus = "active"
	Draft    TemplateStatus = "draft"
	Archived TemplateStatus = "archived"
)

// Template is one version of a template: a brand guide and a funnel.
type Template struct {
	TemplateID string `json:"templateId"` // at most 2,048 bytes
	// Version is "1", "2", …, or LatestVersion on a template put by hand with
	// no version but that.
	Version            string          `json:"version"`
	Name               string          `json:"name"`
	Description        string          `json:"description"`
	BrandGuideContent  string          `json:"brandGuideContent"`  // text or JSON
	TemplateFunnelJSON string          `json:"templateFunnelJson"` // JSON text
	Status             TemplateStatus  `json:"status"`
	Metadata           json.RawMessage `json:"metadata,omitempty"`
	CreatedAt          time.Time       `json:"createdAt,omitzero"`
	UpdatedAt          time.Time       `json:"updatedAt,omitzero"`
}

// RunStatus says how far a run is.
type RunStatus string

// The statuses of a run. Only a Running run can be written to; TakeLease may
// make any other status Running again.
const (
	Running   RunStatus = "running"
	Suspended RunStatus = "suspended"
	Completed RunStatus = "completed"
	Failed    RunStatus = "failed"
)

// Run is the record of one run.
type Run struct {
	RunID string `json:"runId"` // at most 2,048 bytes
	// Timestamp is when the run was created and never changes. Zero in
	// CreateRun is now.
	Timestamp              time.Time         `json:"timestamp"`
	TemplateID             string            `json:"templateId"` // "" in CreateRun is InlineTemplate
	TemplateVersion        string            `json:"templateVersion,omitempty"`
	Status                 RunStatus         `json:"status"`
	Input                  json.RawMessage   `json:"input,omitempty"`
	Output                 json.RawMessage   `json:"output,omitempty"`
	Cost                   cost.Breakdown    `json:"cost"`
	ImageProcessingResults json.RawMessage   `json:"imageProcessingResults,omitempty"`
	Duration               int64             `json:"duration"` // milliseconds
	Error                  *RunError         `json:"error,omitempty"`
	Models                 map[string]string `json:"models,omitzero"`
	Fingerprint            string            `json:"fingerprint,omitempty"`
	MaxCostUSD             *cost.Amount      `json:"maxCostUsd,omitempty"`
	Attempt                int               `json:"attempt"`    // who may write
	LeaseUntil             time.Time         `json:"leaseUntil"` // stored as milliseconds since 1970, 0 for the zero time
	LeaseOwner             string            `json:"leaseOwner,omitempty"`
	ExecutionID            string            `json:"executionId,omitempty"`
	RetryCount             int               `json:"retryCount"`
	Continuations          int               `json:"continuations"`
	Crashes                int               `json:"crashes"` // how often the run lost its process
	// DecidedAt is the attempt since which nobody decided to try again: those after it are retries and continuations.
	DecidedAt int `json:"decidedAt,omitempty"`
	// RedoFrom is the attempt since which what earlier attempts recorded as failed is asked for again; 0: none.
	RedoFrom  int       `json:"redoFrom,omitempty"`
	RedoBy    string    `json:"redoBy,omitempty"` // the execution or invocation that asked for it
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// RunError says why a run failed.
type RunError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Step    string `json:"step,omitempty"`
}

// Log is one row of a run's log.
type Log struct {
	RunID     string          `json:"runId"`
	LogType   string          `json:"logType"` // a path such as "call#image#opt_logo_url", at most 1,024 bytes
	Level     string          `json:"level"`
	Message   string          `json:"message"`
	Data      json.RawMessage `json:"data,omitempty"`
	Timestamp time.Time       `json:"timestamp"` // zero is now
	RequestID string          `json:"requestId,omitempty"`
	Attempt   int             `json:"attempt"` // the attempt that writes
}

// Store is what Full Turner remembers. It is safe for concurrent use.
//
// Every method may return ErrInvalid, ErrUnavailable, or the error of its
// context, besides what it names. A list takes a limit (0 is 20, more than 100
// is 100) and the token of the previous page ("" for the first), and returns
// the token of the next page, "" when there is none. Every page but the last is
// full. A token works for the list and the arguments it came from, else it is
// ErrBadToken.
type Store interface {
	// PutTemplate stores t as the next version of its template and as the
	// latest one, and returns it with its version. What t.Version holds does
	// not matter. A zero CreatedAt becomes that of the version before, a zero
	// UpdatedAt becomes now. Of many puts at once each gets a version of its
	// own, and the highest ends as the latest.
	PutTemplate(ctx context.Context, t Template) (Template, error)

	// Template returns a version of a template, the latest for "" or
	// LatestVersion. ErrNotFound when there is none.
	Template(ctx context.Context, id, version string) (Template, error)

	// Templates lists the latest version of every template with the status, or
	// with any for "", in no particular order. BrandGuideContent and
	// TemplateFunnelJSON are left empty.
	Templates(ctx context.Context, status TemplateStatus, limit int, token string) ([]Template, string, error)

	// CreateRun stores a new run and returns it as stored. When the id is taken
	// it returns the run that has it, and ErrConflict.
	CreateRun(ctx context.Context, r Run) (Run, error)

	// Run returns a run, as of now. ErrNotFound when there is none.
	Run(ctx context.Context, id string) (Run, error)

	// TakeLease replaces the run seen by next, if its Attempt, LeaseUntil and
	// Status are still what seen says; else ErrConflict. next is the same run
	// with Attempt one higher. ErrNotFound when there is no such run.
	TakeLease(ctx context.Context, seen, next Run) error

	// RenewLease moves the lease of a running run to until, if r.Attempt still
	// holds it; else ErrFenced. ErrNotFound when there is no such run.
	RenewLease(ctx context.Context, r Run, until time.Time) error

	// UpdateRun writes every field of r, if r.Attempt still holds the run and
	// it is running; else ErrFenced. A stored LeaseUntil later than r's stays.
	// With another Status in r it closes or suspends the run. ErrNotFound when
	// there is no such run.
	UpdateRun(ctx context.Context, r Run) error

	// Runs lists the runs of a template, newest first. A run just created may
	// be missing for a moment. RunsBefore gives a token to begin in the past.
	Runs(ctx context.Context, templateID string, limit int, token string) ([]Run, string, error)

	// AddLog adds a row. ErrConflict when its LogType is there already,
	// ErrFenced unless the run is running at l.Attempt, ErrNotFound when there
	// is no such run.
	AddLog(ctx context.Context, l Log) error

	// SetLog adds a row, or replaces one that this or an earlier attempt wrote.
	// ErrFenced unless the run is running at l.Attempt, or when a later attempt
	// wrote the row. ErrNotFound when there is no such run.
	SetLog(ctx context.Context, l Log) error

	// Logs returns the rows of a run whose LogType begins with prefix, all of
	// them, as of now, in the byte order of LogType. A run with no rows, or no
	// such run, has none.
	Logs(ctx context.Context, runID, prefix string) ([]Log, error)
}

// Objects holds whole objects by key. It is safe for concurrent use.
//
// A key is a slash-separated path of at most 1,024 bytes, without empty, "."
// and ".." elements; any other is ErrInvalid.
type Objects interface {
	// Put stores body under key, in place of what was there. A reader sees the
	// old object or the new one, never a part.
	Put(ctx context.Context, key, contentType string, body []byte) error
	// Get returns an object. ErrNotFound when there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// URL returns the address a browser opens for key, whether or not there is
	// such an object.
	URL(key string) string
	// Location returns where the object of a key is, for people and tools:
	// s3://bucket/key, or a path.
	Location(key string) string
}

var (
	_ Store   = (*Dynamo)(nil)
	_ Store   = (*Bolt)(nil)
	_ Objects = (*S3)(nil)
	_ Objects = (*Dir)(nil)
)
