package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"

	"github.com/full-turner/full-turner/cost"
)

// Admin asks OpenAI what an organisation used and what that cost: its Usage and Costs API, which takes a key of its
// own, an admin key. It is safe for concurrent use.
type Admin struct {
	client *Client
	usage  sdk.AdminOrganizationUsageService
}

// NewAdmin returns a client whose Config.Key is an admin key. Of the rest of Config what is about images and the agent
// does not matter.
func NewAdmin(cfg Config) *Admin {
	c := New(cfg)
	return &Admin{client: c, usage: sdk.NewAdminOrganizationUsageService(c.options...)}
}

// Statement is what OpenAI says of one day, from midnight to midnight UTC.
type Statement struct {
	Costs  []CostLine
	Tokens []ModelUsage // by model; without images, which are counted apart
	Images []ModelUsage // by model: Requests and Usage.Images alone
}

// CostLine is the money of one line item of one project.
type CostLine struct {
	ProjectID string
	LineItem  string // as OpenAI names it, such as "gpt-6-astra, input_tokens"
	Model     string // of the line item; "" where it is not about a model
	// Part is what the line item is for; in OpenAI's own words where that is none of the parts of a price.
	Part cost.Part
	Cost cost.Amount // OpenAI's figure, rounded to a nano-dollar
}

// ModelUsage is what the calls of one model used together.
type ModelUsage struct {
	Model    string
	Requests int64
	cost.Usage
}

// Statement returns what OpenAI says of a day: of one project, or, for "", of the whole organisation. OpenAI's figures
// of a day can change for some hours after its end.
func (a *Admin) Statement(ctx context.Context, day time.Time, projectID string) (Statement, error) {
	day = day.UTC().Truncate(24 * time.Hour)
	start, end := day.Unix(), param.NewOpt(day.AddDate(0, 0, 1).Unix())
	var projects []string
	if projectID != "" {
		projects = []string{projectID}
	}
	var s Statement
	err := pages(ctx, a, "organisation's costs", func(ctx context.Context, page param.Opt[string], opts ...option.RequestOption) error {
		_, err := a.usage.Costs(ctx, sdk.AdminOrganizationUsageCostsParams{
			StartTime: start, EndTime: end, Page: page, ProjectIDs: projects, Limit: param.NewOpt[int64](1),
			BucketWidth: sdk.AdminOrganizationUsageCostsParamsBucketWidth1d, GroupBy: []string{"project_id", "line_item"},
		}, opts...)
		return err
	}, func(p *sdk.AdminOrganizationUsageCostsResponse) (string, error) {
		for _, bucket := range p.Data {
			for _, result := range bucket.Results {
				line := result.AsOrganizationCostsResult()
				amount, err := dollars(line.Amount.JSON.Value.Raw(), line.Amount.Currency)
				if err != nil {
					return "", fmt.Errorf("line item %q: %w", line.LineItem, err)
				}
				model, part := lineItem(line.LineItem)
				s.Costs = append(s.Costs, CostLine{line.ProjectID, line.LineItem, model, part, amount})
			}
		}
		return next(p.HasMore, p.NextPage)
	})
	if err != nil {
		return Statement{}, err
	}
	err = pages(ctx, a, "organisation's use of tokens", func(ctx context.Context, page param.Opt[string], opts ...option.RequestOption) error {
		_, err := a.usage.Completions(ctx, sdk.AdminOrganizationUsageCompletionsParams{
			StartTime: start, EndTime: end, Page: page, ProjectIDs: projects, Limit: param.NewOpt[int64](1),
			BucketWidth: sdk.AdminOrganizationUsageCompletionsParamsBucketWidth1d, GroupBy: []string{"model"},
		}, opts...)
		return err
	}, func(p *sdk.AdminOrganizationUsageCompletionsResponse) (string, error) {
		for _, bucket := range p.Data {
			for _, result := range bucket.Results {
				u := result.AsOrganizationUsageCompletionsResult()
				s.Tokens = append(s.Tokens, ModelUsage{u.Model, u.NumModelRequests, cost.Usage{
					Input: u.InputTokens, Cached: u.InputCachedTokens, Output: u.OutputTokens,
					CacheWrite: u.InputCacheWriteTokens, CacheWriteLong: u.InputCacheWrite12hTokens,
				}})
			}
		}
		return next(p.HasMore, p.NextPage)
	})
	if err != nil {
		return Statement{}, err
	}
	err = pages(ctx, a, "organisation's use of images", func(ctx context.Context, page param.Opt[string], opts ...option.RequestOption) error {
		_, err := a.usage.Images(ctx, sdk.AdminOrganizationUsageImagesParams{
			StartTime: start, EndTime: end, Page: page, ProjectIDs: projects, Limit: param.NewOpt[int64](1),
			BucketWidth: sdk.AdminOrganizationUsageImagesParamsBucketWidth1d, GroupBy: []string{"model"},
		}, opts...)
		return err
	}, func(p *sdk.AdminOrganizationUsageImagesResponse) (string, error) {
		for _, bucket := range p.Data {
			for _, result := range bucket.Results {
				u := result.AsOrganizationUsageImagesResult()
				s.Images = append(s.Images, ModelUsage{u.Model, u.NumModelRequests, cost.Usage{Images: u.Images}})
			}
		}
		return next(p.HasMore, p.NextPage)
	})
	if err != nil {
		return Statement{}, err
	}
	return s, nil
}

// maxPages bounds how many pages of one list are followed: far more than a day's lines have.
const maxPages = 1000

// pages asks for a list page by page. take keeps what a page holds, and returns where the next one begins, "" at the
// end.
func pages[P any](
	ctx context.Context, a *Admin, op string,
	ask func(ctx context.Context, page param.Opt[string], opts ...option.RequestOption) error,
	take func(page *P) (next string, err error),
) error {
	var page param.Opt[string]
	for range maxPages {
		var got *P
		_, err := a.client.do(ctx, call{
			op: op, timeout: fetchTimeout, throttle: &a.client.agentGate,
			send: func(ctx context.Context, opts ...option.RequestOption) error { return ask(ctx, page, opts...) },
			read: func(body []byte) error {
				var envelope struct{ Data *json.RawMessage }
				got = new(P)
				if err := json.Unmarshal(body, &envelope); err != nil {
					return err
				}
				if envelope.Data == nil {
					return errors.New("it is no page of a list")
				}
				return json.Unmarshal(body, got)
			},
		})
		if err != nil {
			return err
		}
		after, err := take(got)
		if err != nil {
			return fmt.Errorf("openai: %s: %w: %s", op, ErrMalformed, redacted(err.Error(), apiKey{}))
		}
		if after == "" {
			return nil
		}
		page = param.NewOpt(after)
	}
	return fmt.Errorf("openai: %s: %w: it has more than %d pages", op, ErrMalformed, maxPages)
}

// next is where the page after this one begins; "" is the end.
func next(more bool, page string) (string, error) {
	switch {
	case !more:
		return "", nil
	case page == "":
		return "", errors.New("there is more, and it does not say where")
	}
	return page, nil
}

// decimal is a JSON number of a sensible size.
var decimal = regexp.MustCompile(`^-?\d{1,12}(\.\d{1,60})?([eE][-+]?\d{1,2})?$`)

// dollars is an amount of a cost line. The API's reference has a number; some answers have had a string.
func dollars(value, currency string) (cost.Amount, error) {
	if !strings.EqualFold(cmp.Or(currency, "usd"), "usd") {
		return 0, fmt.Errorf("it is in %q, not in usd", currency)
	}
	value = strings.Trim(value, `"`)
	if value == "" || value == "null" {
		return 0, errors.New("it has no amount")
	}
	exact := new(big.Rat)
	if !decimal.MatchString(value) {
		return 0, fmt.Errorf("its amount %q is not a number", value)
	}
	exact.SetString(value)
	// To the nano-dollar, half away from zero.
	amount, err := cost.Parse(exact.FloatString(9))
	if err != nil {
		return 0, err
	}
	return amount, nil
}

// lineItem takes the name of a line item apart: "gpt-6-astra, input_tokens", "gpt-5-2025-08-07, cached input".
func lineItem(name string) (model string, part cost.Part) {
	model, words, found := strings.Cut(name, ",")
	model, words = strings.TrimSpace(model), strings.TrimSpace(words)
	if !found || words == "" || strings.ContainsRune(model, ' ') {
		return "", cost.Part(name)
	}
	// The order of the words and what is between them differs from model to model.
	said := strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return strings.ContainsRune(" _-,", r) })
	said = slices.DeleteFunc(said, func(word string) bool {
		return slices.Contains([]string{"tokens", "token", "text", "flex", "priority", "batch", "30m"}, word)
	})
	for i, word := range said {
		switch word {
		case "cache":
			said[i] = "cached"
		case "writes", "written":
			said[i] = "write"
		case "image":
			if len(said) == 1 {
				said[i] = "images"
			}
		}
	}
	slices.Sort(said)
	if part, known := lineItemParts[strings.Join(said, " ")]; known {
		return model, part
	}
	return model, cost.Part(words)
}

// lineItemParts are the parts of a price by the words of a line item, in the order of the alphabet.
var lineItemParts = map[string]cost.Part{
	"input": cost.Input, "input uncached": cost.Input,
	"cached input": cost.CachedInput, "cached": cost.CachedInput, "cached input read": cost.CachedInput,
	"cached write": cost.CacheWrite, "cached input write": cost.CacheWrite,
	"12h cached write": cost.CacheWriteLong, "12h cached input write": cost.CacheWriteLong,
	"image input": cost.ImageInput, "cached image input": cost.CachedImageInput,
	"output": cost.Output, "image output": cost.Output,
	"images": cost.Images,
}
