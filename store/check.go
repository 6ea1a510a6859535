package store

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxPartitionKey = 2048    // bytes, DynamoDB's limit
	maxSortKey      = 1024    // bytes, DynamoDB's limit
	maxMessage      = 4 << 10 // bytes
)

// checked returns t as it will be stored and read back.
func (t Template) checked() (Template, error) {
	if t.Status == "" {
		t.Status = Active
	}
	t.CreatedAt, t.UpdatedAt = instant(t.CreatedAt), instant(t.UpdatedAt)
	if t.UpdatedAt.IsZero() {
		t.UpdatedAt = instant(time.Now())
	}
	return t, firstError(
		checkID("templateId", t.TemplateID, maxPartitionKey),
		checkOneOf("status", t.Status, Active, Draft, Archived),
		checkJSON("metadata", t.Metadata),
		checkTime("createdAt", t.CreatedAt), checkTime("updatedAt", t.UpdatedAt),
	)
}

// checked returns r as it will be stored and read back.
func (r Run) checked() (Run, error) {
	r.Timestamp, r.LeaseUntil, r.UpdatedAt = instant(r.Timestamp), instant(r.LeaseUntil), instant(r.UpdatedAt)
	if r.Timestamp.IsZero() {
		r.Timestamp = instant(time.Now())
	}
	if r.TemplateID == "" {
		r.TemplateID = InlineTemplate
	}
	if r.Error != nil {
		e := *r.Error
		e.Message = cut(e.Message, maxMessage)
		r.Error = &e
	}
	return r, firstError(
		checkID("runId", r.RunID, maxPartitionKey),
		checkID("templateId", r.TemplateID, maxPartitionKey),
		checkOneOf("status", r.Status, Running, Suspended, Completed, Failed),
		checkJSON("input", r.Input), checkJSON("output", r.Output),
		checkJSON("imageProcessingResults", r.ImageProcessingResults),
		checkTime("timestamp", r.Timestamp), checkTime("leaseUntil", r.LeaseUntil), checkTime("updatedAt", r.UpdatedAt),
	)
}

// checked returns l as it will be stored and read back.
func (l Log) checked() (Log, error) {
	l.Timestamp = instant(l.Timestamp)
	if l.Timestamp.IsZero() {
		l.Timestamp = instant(time.Now())
	}
	l.Message = cut(l.Message, maxMessage)
	if l.LogType == claimLogType {
		return l, fmt.Errorf("%w: logType %q is reserved", ErrInvalid, l.LogType)
	}
	return l, firstError(
		checkID("runId", l.RunID, maxPartitionKey),
		checkID("logType", l.LogType, maxSortKey),
		checkJSON("data", l.Data),
		checkTime("timestamp", l.Timestamp),
	)
}

// checkSuccessor says whether next may take the lease of seen.
func checkSuccessor(seen, next Run) error {
	switch {
	case next.RunID != seen.RunID:
		return fmt.Errorf("%w: next is run %q", ErrInvalid, next.RunID)
	case !instant(next.Timestamp).Equal(instant(seen.Timestamp)):
		return otherTimestamp(next.Timestamp, seen.Timestamp)
	case next.Attempt != seen.Attempt+1:
		return fmt.Errorf("%w: attempt %d of next does not follow attempt %d", ErrInvalid, next.Attempt, seen.Attempt)
	}
	return nil
}

// holds says why r may not write to the run as it is stored, nil when it may:
// it looks at the attempt, the status and the timestamp.
func holds(r, stored Run) error {
	switch {
	case stored.Attempt != r.Attempt || stored.Status != Running:
		return fmt.Errorf("%w: the run is at attempt %d, %s; this is attempt %d", ErrFenced, stored.Attempt, stored.Status, r.Attempt)
	case !stored.Timestamp.Equal(instant(r.Timestamp)):
		return otherTimestamp(r.Timestamp, stored.Timestamp)
	}
	return nil
}

func otherTimestamp(given, stored time.Time) error {
	return fmt.Errorf("%w: timestamp %s is not the run's, which is %s", ErrInvalid, stamp{given}, stamp{stored})
}

// cut shortens s to at most limit bytes and says how much is missing.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len("… (1234567890 bytes more)")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes more)", s[:end], len(s)-end)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkID says whether s can be a key of at most limit bytes.
func checkID(field, s string, limit int) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalid, field)
	case len(s) > limit:
		return fmt.Errorf("%w: %s is %d bytes long, at most %d are possible", ErrInvalid, field, len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, field)
	}
	return nil
}

// checkLogs says whether Logs can have these arguments.
func checkLogs(runID, prefix string) error {
	err := checkID("runId", runID, maxPartitionKey)
	if err == nil && prefix != "" {
		err = checkID("prefix", prefix, maxSortKey)
	}
	return err
}

func checkOneOf[T ~string](field string, v T, known ...T) error {
	if slices.Contains(known, v) {
		return nil
	}
	return fmt.Errorf("%w: %s is %q, want one of %q", ErrInvalid, field, v, known)
}

func checkJSON(field string, raw json.RawMessage) error {
	if len(raw) == 0 || json.Valid(raw) {
		return nil
	}
	return fmt.Errorf("%w: %s is not JSON", ErrInvalid, field)
}

func checkTime(field string, t time.Time) error {
	if y := t.Year(); y < 1 || y > 9999 {
		return fmt.Errorf("%w: %s is in the year %d", ErrInvalid, field, y)
	}
	return nil
}

// checkObjectKey says whether key can be a key of Objects.
func checkObjectKey(key string) error {
	switch {
	case len(key) > 1024:
		return fmt.Errorf("%w: object key is %d bytes long, at most 1024 are possible", ErrInvalid, len(key))
	case key == "." || !fs.ValidPath(key) || strings.ContainsRune(key, 0):
		return fmt.Errorf(`%w: object key %q is not a relative slash path without ".", ".." and empty elements`, ErrInvalid, key)
	}
	return nil
}
