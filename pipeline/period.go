package pipeline

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/full-turner/full-turner/store"
)

// period is some days of UTC: from the start of the first to the start of the one after the last.
type period struct{ from, end time.Time }

const day = 24 * time.Hour

// today is the day that it is, in UTC.
func (p *Pipeline) today() time.Time { return p.Now().UTC().Truncate(day) }

// dayField is a field that names a day; otherwise is what an absent one counts as.
func dayField(fields object, name string, otherwise time.Time) (time.Time, error) {
	s, err := fields.text(name)
	if err != nil || s == "" {
		return otherwise, err
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 2000 {
		return time.Time{}, failure(InvalidRequest, "%s %q must be a day, such as 2026-11-23 (UTC)", name, abbreviate(s))
	}
	return t, nil
}

// place is where in the records a walk through a period goes on.
type place struct {
	Asked     string `json:"q"`           // the arguments that the walk belongs to
	Listed    string `json:"l,omitempty"` // token of the page of templates that it is at
	Template  string `json:"t"`           // whose runs it is at
	Runs      string `json:"r"`           // token of the next page of these
	Templates bool   `json:"a,omitempty"` // it goes through all templates
}

// String is the place as a nextToken.
func (at place) String() string {
	data, _ := json.Marshal(at) // strings: it cannot fail
	return base64.RawURLEncoding.EncodeToString(data)
}

// parsePlace reads a nextToken of a walk with the same arguments.
func parsePlace(token, asked string) (place, error) {
	var at place
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || json.Unmarshal(data, &at) != nil || at.Template == "" || at.Runs == "" {
		return place{}, failure(InvalidRequest, "nextToken is not one that the page before returned")
	}
	if at.Asked != asked {
		return place{}, failure(InvalidRequest, "nextToken belongs to other arguments: pass it with those of the page before")
	}
	return at, nil
}

// begin is the first place of a walk: through the runs of one template, or, for "", of those without a template and
// then of all templates.
func (d period) begin(templateID, asked string) place {
	at := place{Asked: asked, Template: templateID}
	if templateID == "" {
		at.Template, at.Templates = store.InlineTemplate, true
	}
	at.Runs = store.RunsBefore(at.Template, d.end)
	return at
}

const (
	runsAtOnce = 100 // records in one request, and templates in one list
	// maxTemplatesWalked bounds how many templates one part of a walk goes through, whether or not they have runs.
	maxTemplatesWalked = 100
)

// walk goes through the runs that were created in the period, newest first in each template, until it has read most
// records. It returns where to go on; nil at the end. Of each template the records of the period are read, and a page of
// those before it at the most.
func (p *Pipeline) walk(ctx context.Context, d period, at place, most int, each func(store.Run) error) (*place, error) {
	templates, listedNext, err := p.listed(ctx, at)
	if err != nil {
		return nil, err
	}
	for read, walked := 0, 0; read < most && walked < maxTemplatesWalked; {
		runs, next, err := p.Store.Runs(ctx, at.Template, min(runsAtOnce, most-read), at.Runs)
		if err != nil {
			return nil, badToken(err)
		}
		read += len(runs)
		for _, run := range runs {
			switch {
			case !run.Timestamp.Before(d.end):
			case run.Timestamp.Before(d.from):
				next = ""
			default:
				if err := each(run); err != nil {
					return nil, err
				}
			}
		}
		if at.Runs = next; next != "" {
			continue
		}
		walked++
		if !at.Templates {
			return nil, nil
		}
		for len(templates) == 0 { // of this list there are none left
			if listedNext == "" {
				return nil, nil
			}
			at.Listed = listedNext
			if templates, listedNext, err = p.list(ctx, at.Listed); err != nil {
				return nil, err
			}
		}
		at.Template, templates = templates[0], templates[1:]
		at.Runs = store.RunsBefore(at.Template, d.end)
	}
	return &at, nil
}

// listed is what is left of the list of templates that a walk is at, and the token of the next one.
func (p *Pipeline) listed(ctx context.Context, at place) (rest []string, next string, err error) {
	if !at.Templates {
		return nil, "", nil
	}
	ids, next, err := p.list(ctx, at.Listed)
	if err != nil || at.Template == store.InlineTemplate {
		return ids, next, err
	}
	i := slices.Index(ids, at.Template)
	if i < 0 {
		return nil, "", failure(InvalidRequest, "nextToken names a template that is no longer there: begin with the first page")
	}
	return ids[i+1:], next, nil
}

// list is a page of the ids of all templates. The id that stands for none is walked first, and is not in it.
func (p *Pipeline) list(ctx context.Context, token string) (ids []string, next string, err error) {
	templates, next, err := p.Store.Templates(ctx, "", runsAtOnce, token)
	if err != nil {
		return nil, "", fmt.Errorf("list templates: %w", badToken(err))
	}
	for _, t := range templates {
		if t.TemplateID != store.InlineTemplate {
			ids = append(ids, t.TemplateID)
		}
	}
	return ids, next, nil
}
