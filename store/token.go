package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// The lists that have paging tokens.
const (
	templateList = "templates"
	runList      = "runs"
)

// token is a place in a list: after the record with these keys. It names the
// list and its filter, because a place in one list means nothing in another.
type token struct {
	List   string   `json:"l"`
	Filter string   `json:"f"`
	After  []string `json:"a"`
}

// String returns the token as callers see it: opaque and safe in a URL.
func (t token) String() string {
	data, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// parseToken returns the keys in a token of this list, nil for "".
func parseToken(s, list, filter string, keys int) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, badToken("it is cut off or altered")
	}
	var t token
	if err := json.Unmarshal(data, &t); err != nil || len(t.After) != keys {
		return nil, badToken("it is cut off or altered")
	}
	if t.List != list || t.Filter != filter {
		return nil, badToken("it belongs to another list or other arguments")
	}
	for _, k := range t.After {
		if checkID("key", k, maxPartitionKey) != nil {
			return nil, badToken("it is cut off or altered")
		}
	}
	return t.After, nil
}

// RunsBefore returns the token with which Runs of the template begins at the runs that were created before t, without
// reading those created later. One created at t itself, to the millisecond, may be there or not.
func RunsBefore(templateID string, t time.Time) string {
	return token{runList, templateID, []string{stamp{instant(t)}.String(), anyRun}}.String()
}

// anyRun stands for the id of a run in a place that no run need be at.
const anyRun = "~"

func parseTemplatesToken(s string, status TemplateStatus) (afterID string, err error) {
	after, err := parseToken(s, templateList, string(status), 1)
	if len(after) == 0 {
		return "", err
	}
	return after[0], nil
}

func parseRunsToken(s, templateID string) (afterTimestamp, afterID string, err error) {
	after, err := parseToken(s, runList, templateID, 2)
	if len(after) == 0 {
		return "", "", err
	}
	if parseStamp(after[0]).IsZero() {
		return "", "", badToken("it is cut off or altered")
	}
	return after[0], after[1], nil
}

func badToken(why string) error {
	return fmt.Errorf("%w: %s: pass the token as the page before returned it, with the same arguments, or none for the first page", ErrBadToken, why)
}

// The records of a page.
const (
	defaultPage = 20
	maxPage     = 100
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// page cuts a list that was read one record further than asked, and returns the
// token of the rest.
func page[T any](records []T, limit int, next func(last T) token) ([]T, string) {
	if len(records) <= limit {
		return records, ""
	}
	records = records[:limit]
	return records, next(records[limit-1]).String()
}

func templatesAfter(status TemplateStatus) func(Template) token {
	return func(last Template) token { return token{templateList, string(status), []string{last.TemplateID}} }
}

func runsAfter(templateID string) func(Run) token {
	return func(last Run) token {
		return token{runList, templateID, []string{stamp{last.Timestamp}.String(), last.RunID}}
	}
}
