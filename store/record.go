package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// A record is the stored form of a public type: the same fields, with times
// spelled the way the tables need them.
type (
	templateRecord struct {
		Template
		// VersionNumber is the version as a number: on the latest item, the
		// version it copies. 0 on a template put by hand.
		VersionNumber int64 `json:"versionNumber,omitempty"`
		CreatedAt     stamp `json:"createdAt,omitzero"`
		UpdatedAt     stamp `json:"updatedAt,omitzero"`
	}
	runRecord struct {
		Run
		Timestamp  stamp  `json:"timestamp"`
		LeaseUntil millis `json:"leaseUntil"`
		UpdatedAt  stamp  `json:"updatedAt,omitzero"`
	}
	logRecord struct {
		Log
		Timestamp stamp `json:"timestamp"`
	}
)

func newTemplateRecord(t Template) templateRecord {
	return templateRecord{Template: t, CreatedAt: stamp{t.CreatedAt}, UpdatedAt: stamp{t.UpdatedAt}}
}

func newRunRecord(r Run) runRecord {
	return runRecord{Run: r, Timestamp: stamp{r.Timestamp}, LeaseUntil: millis{r.LeaseUntil}, UpdatedAt: stamp{r.UpdatedAt}}
}

func newLogRecord(l Log) logRecord {
	return logRecord{Log: l, Timestamp: stamp{l.Timestamp}}
}

func (r templateRecord) template() Template {
	t := r.Template
	t.CreatedAt, t.UpdatedAt = instant(r.CreatedAt.Time), instant(r.UpdatedAt.Time)
	if r.VersionNumber > 0 {
		t.Version = strconv.FormatInt(r.VersionNumber, 10)
	}
	if t.Status == "" {
		t.Status = Active
	}
	return t
}

func (r runRecord) run() Run {
	run := r.Run
	run.Timestamp, run.LeaseUntil, run.UpdatedAt = r.Timestamp.Time, r.LeaseUntil.Time, r.UpdatedAt.Time
	return run
}

func (r logRecord) log() Log {
	l := r.Log
	l.Timestamp = r.Timestamp.Time
	return l
}

// stampLayout has a fixed width, so that text order is time order.
const stampLayout = "2006-01-02T15:04:05.000Z"

// stamp is a time as RFC 3339 text in UTC with milliseconds.
type stamp struct{ time.Time }

func (s stamp) String() string { return s.UTC().Format(stampLayout) }

func (s stamp) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// parseStamp returns the time in s, the zero time when there is none.
func parseStamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return instant(t)
}

// millis is a time as milliseconds since 1970, 0 for the zero time.
type millis struct{ time.Time }

func (m millis) number() int64 {
	if m.IsZero() {
		return 0
	}
	return m.UnixMilli()
}

func (m millis) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, m.number(), 10), nil }

func (m *millis) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return fmt.Errorf("a time in milliseconds: %w", err)
	}
	m.Time = time.Time{}
	if n != 0 {
		m.Time = time.UnixMilli(n).UTC()
	}
	return nil
}

// encode is json.Marshal without the escaping of <, > and &, which funnels are
// full of.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// instant is t as the store keeps it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
