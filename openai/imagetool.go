package openai

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/full-turner/full-turner/cost"
)

// carriedImage is EditImage with a Carrier: the image is made by the image tool of a response.
func (c *Client) carriedImage(ctx context.Context, r ImageRequest) (ImageResult, error) {
	const op = "image by a response"
	result := ImageResult{Model: r.Model, Size: r.Size, ID: r.ResponseID}
	if r.ResponseID == "" {
		if err := sendable(r); err != nil {
			return result, fmt.Errorf("openai: %s: %w: %w", op, ErrRejected, err)
		}
	}
	got, err := c.respond(ctx, question{
		op: op, model: r.Model,
		params:   func() responses.ResponseNewParams { return toolParams(r) },
		throttle: &c.imageGate, share: perMinute(1, c.cfg.ImagesPerMinute),
		id: r.ResponseID, age: r.Age, started: r.Started, charged: r.MaybeCharged, needs: r.Needs, going: r.Going, log: r.Log,
		usage: func(got response) (cost.Usage, error) { return got.imageUsage(r) },
		read: func(got response) (answered bool, err error) {
			var item imageItem
			item, result.Image, answered, err = got.image()
			result.Size = cmp.Or(item.Size, r.Size)
			return answered, err
		},
	})
	result.ID, result.RequestID, result.Done = got.id, got.requestID, got.done
	result.Usage, result.Billed = got.usage, got.billed
	return result, err
}

// toolParams has a carrier call its image tool, once and for nothing but this edit.
func toolParams(r ImageRequest) responses.ResponseNewParams {
	message := responses.ResponseInputMessageContentListParam{responses.ResponseInputContentParamOfInputText(r.Prompt)}
	for _, p := range r.pictures() {
		image := responses.ResponseInputContentParamOfInputImage(responses.ResponseInputImageDetailAuto)
		image.OfInputImage.ImageURL = sdk.String("data:" + p.MediaType + ";base64," + base64.StdEncoding.EncodeToString(p.Body))
		message = append(message, image)
	}
	p := responses.ResponseNewParams{
		Model:       r.Carrier.Model,
		Background:  sdk.Bool(true),
		Store:       sdk.Bool(true), // else a background response is gone after ten minutes
		ServiceTier: responses.ResponseNewParamsServiceTierDefault,
		Truncation:  responses.ResponseNewParamsTruncationDisabled,
		Metadata:    r.Metadata,
		Tools: []responses.ToolUnionParam{{OfImageGeneration: &responses.ToolImageGenerationParam{
			Action: "edit", Model: r.Model, Size: r.Size, Quality: r.Quality, Background: r.Background, OutputFormat: r.format(),
		}}},
		PromptCacheOptions: cacheOptions(r.Carrier.Cache),
		ToolChoice: responses.ResponseNewParamsToolChoiceUnion{
			OfHostedTool: &responses.ToolChoiceTypesParam{Type: responses.ToolChoiceTypesTypeImageGeneration},
		},
		MaxToolCalls: sdk.Int(1), // each call is an image, and is paid for
	}
	p.Input.OfInputItemList = append(p.Input.OfInputItemList,
		responses.ResponseInputItemParamOfMessage(message, responses.EasyInputMessageRoleUser))
	if r.Carrier.Instructions != "" {
		p.Instructions = sdk.String(r.Carrier.Instructions)
	}
	if r.Carrier.MaxOutputTokens > 0 {
		p.MaxOutputTokens = sdk.Int(r.Carrier.MaxOutputTokens)
	}
	if r.Carrier.Effort != "" {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffort(r.Carrier.Effort)}
	}
	return p
}

// imageItem is what an output item has that is a call of the image tool.
type imageItem struct {
	Status  string          `json:"status"`
	Result  string          `json:"result"` // base64
	Size    string          `json:"size"`
	Quality string          `json:"quality"`
	Error   json.RawMessage `json:"error"` // of a call that failed
}

// imageCalls are the calls of the image tool.
func (r response) imageCalls() (calls []imageItem) {
	for _, item := range r.Output {
		if item.Type == "image_generation_call" {
			calls = append(calls, item.imageItem)
		}
	}
	return calls
}

// image returns the image that the response holds, and the call that made it; or an error that wraps one of the
// package's. An image that was made is used although what the carrier wanted to say after it was cut short. answered is
// as outcome's.
func (r response) image() (made imageItem, image []byte, answered bool, err error) {
	calls := r.imageCalls()
	if r.completed() || r.Status == "incomplete" && r.Incomplete.Reason != "content_filter" {
		for _, call := range calls {
			if call.Result == "" || call.Status == "failed" {
				continue
			}
			if image, err = decoded(call.Result); err != nil {
				err = fmt.Errorf("%w: %w", ErrMalformed, err)
			}
			return call, image, false, err
		}
	}
	if _, refusal, _ := r.content(); refusal != "" {
		return made, nil, false, fmt.Errorf("%w: %s", ErrRefused, redacted(refusal, apiKey{}))
	}
	if !r.completed() {
		answered, err = r.unfinished()
		return made, nil, answered, err
	}
	for _, call := range calls {
		if call.Status == "failed" {
			var f failure
			f.readObject(call.Error)
			_, sentinel := f.classify()
			return call, nil, false, fmt.Errorf("%w: the image tool failed: %s", sentinel, redacted(f.describe(), apiKey{}))
		}
	}
	return made, nil, false, fmt.Errorf("%w: %w", ErrMalformed, errNoImage)
}

// imageUsage returns what the response used: of the image model, and beside that of its carrier. The error says why
// that is not known; then what one of them used is not told either, because the call has one price.
func (r response) imageUsage(asked ImageRequest) (cost.Usage, error) {
	carried, err := r.usage()
	if err != nil {
		return cost.Usage{}, err
	}
	calls := r.imageCalls()
	var used cost.Usage
	var made int64
	quality := asked.Quality
	for _, call := range calls {
		if call.Result != "" {
			made++
			quality = cmp.Or(call.Quality, quality)
		}
	}
	// The counts are of the calls that have some, so nothing is none only where nothing was made.
	if made > 0 || !r.toolUnused(len(calls)) {
		if used, err = usageOfImages(r.ToolUsage.ImageGen, made); err != nil {
			return cost.Usage{}, fmt.Errorf("of its image: %w", err)
		}
		used.Quality = quality
	}
	model := r.Model
	if asked.Carrier != nil {
		model = asked.Carrier.Model
	}
	used.Carrier = &cost.Carrier{Model: model, Usage: carried}
	return used, nil
}

// toolUnused reports whether the response says that its image tool, called so often, used nothing.
func (r response) toolUnused(calls int) bool {
	raw := r.ToolUsage.ImageGen
	if len(raw) == 0 || string(raw) == "null" {
		return calls == 0
	}
	var c counts
	return json.Unmarshal(raw, &c) == nil && c.Input != nil && c.Output != nil && *c.Input == 0 && *c.Output == 0
}
