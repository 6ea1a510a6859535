package cost_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// billed is a simulated OpenAI that reports whatever usage it is told, and charges for it by a table of its own.
type billed struct {
	server *openaitest.Server
	client *openai.Client
	next   openaitest.Fault
}

func newBilled(t *testing.T) *billed {
	b := &billed{}
	b.server = openaitest.NewServer(t, openaitest.Options{Fault: func(openaitest.Call) *openaitest.Fault { f := b.next; return &f }})
	b.client = openai.New(openai.Config{
		BaseURL: b.server.URL(), Foreground: true, Attempts: 1,
		Key: func(context.Context) (string, error) { return "sk-test", nil },
	})
	return b
}

// last is what OpenAI charged for the latest call, in nano-dollars.
func (b *billed) last() cost.Amount {
	calls := b.server.Calls()
	return cost.Amount(calls[len(calls)-1].Nano)
}

// TestPriceIsTheBill sends every kind of usage through the client and compares what the catalogue makes of it with what
// the simulator charges, which shares no code and no table with this package.
func TestPriceIsTheBill(t *testing.T) {
	var rows atomic.Int64
	t.Run("models", func(t *testing.T) {
		for _, m := range cost.DefaultCatalog().Models() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				b, random := newBilled(t), rand.New(rand.NewPCG(7, 11))
				if m.Kind == cost.Image {
					rows.Add(b.compareImages(t, m, random))
				} else {
					rows.Add(b.compareAgents(t, m, random))
				}
			})
		}
	})
	t.Logf("%d usages", rows.Load())
	if rows.Load() < 500 {
		t.Errorf("%d usages compared; want at least 500", rows.Load())
	}
}

// compareAgents compares the prices of agent calls with their bills, by tier, length, and what was read from the cache
// and written to it.
func (b *billed) compareAgents(t *testing.T, m cost.Model, random *rand.Rand) (rows int64) {
	catalog := cost.DefaultCatalog()
	for _, tier := range []string{"", "default", "flex", "priority", "batch"} {
		for _, input := range []int64{1, 1_000 + random.Int64N(9_000), 272_000, 272_001, 300_000 + random.Int64N(600_000)} {
			for _, share := range []struct{ cached, written, long int64 }{{}, {64, 0, 0}, {0, 64, 0}, {0, 64, 64}, {21, 21, 0}, {16, 40, 13}} {
				u := openaitest.Usage{Input: input, Output: 1 + random.Int64N(50_000)}
				u.Cached, u.CacheWrite = u.Input*share.cached/64, u.Input*share.written/64
				u.CacheWriteLong = u.CacheWrite * share.long / 64
				u.Reasoning = random.Int64N(u.Output + 1)
				name := m.Name
				if input == 272_001 {
					name += "-2026-09-29"
				}
				b.next = openaitest.Fault{Usage: &u, ServiceTier: tier}
				got, err := b.client.Respond(t.Context(), openai.AgentRequest{Model: name, Input: []string{"Hello."}})
				if err != nil || !got.Billed {
					t.Fatalf("%s, %+v: billed %v, %v", name, u, got.Billed, err)
				}
				rows++
				price, err := catalog.Price(got.Model, got.Usage)
				if u.CacheWrite > 0 && m.Rates.CacheWrite == 0 {
					if !errors.Is(err, cost.ErrUnpriced) || !strings.Contains(err.Error(), "cacheWrite") {
						t.Errorf("%s, %+v: %v, %v; want ErrUnpriced", name, u, price, err)
					}
					continue
				}
				if err != nil || price != b.last() {
					t.Errorf("%s on %q, %+v: %v, %v; the bill says %v", name, tier, u, price, err, b.last())
				}
				most, err := catalog.ExpectAgent(cost.AgentCall{Model: name, Tier: tier, Input: u.Input, Output: u.Output, LongRetention: true})
				if err != nil || most.Most < price {
					t.Errorf("%s on %q, %+v: %v; expected were %v at the most, %v", name, tier, u, price, most.Most, err)
				}
			}
		}
	}
	return rows
}

// compareImages compares the prices of images with their bills.
func (b *billed) compareImages(t *testing.T, m cost.Model, random *rand.Rand) (rows int64) {
	for range 12 {
		u := openaitest.Usage{Input: 1 + random.Int64N(9_000), Output: 1 + random.Int64N(9_000)}
		u.ImageInput = random.Int64N(u.Input)
		u.CachedImage = random.Int64N(u.ImageInput + 1)
		u.Cached = u.CachedImage + random.Int64N(u.Input-u.ImageInput+1)
		quality := []string{"low", "medium", "high"}[random.IntN(3)]
		b.next = openaitest.Fault{Usage: &u}
		got, err := b.client.EditImage(t.Context(), edit(t, m.Name, "1024x1024", quality, 64, 64))
		if err != nil || !got.Billed {
			t.Fatalf("%s, %+v: billed %v, %v", m.Name, u, got.Billed, err)
		}
		rows++
		if price, err := cost.DefaultCatalog().Price(m.Name, got.Usage); err != nil || price != b.last() {
			t.Errorf("%s at %s, %+v: %v, %v; the bill says %v", m.Name, quality, u, price, err, b.last())
		}
	}
	return rows
}

// TestNoImageCostsMoreThanExpected compares what is expected of an image with what it is billed.
func TestNoImageCostsMoreThanExpected(t *testing.T) {
	b, catalog := newBilled(t), cost.DefaultCatalog()
	for _, m := range catalog.Models() {
		if m.Kind != cost.Image {
			continue
		}
		sizes, qualities := []string{"1024x1024", "1536x1024", "1024x1536"}, []string{"low", "medium", "high", ""}
		if m.FlexibleSizes {
			sizes, qualities = append(sizes, "1536x560", "496x1424"), append(qualities, "xhigh", "max")
		}
		for i, size := range sizes {
			for _, quality := range qualities {
				width, height := []int{64, 300, 1025}[i%3], []int{64, 100, 700}[i%3]
				r := edit(t, m.Name, size, quality, width, height)
				got, err := b.client.EditImage(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				expected, err := catalog.ExpectImage(cost.ImageCall{
					Model: m.Name, Size: size, Quality: quality, Prompt: int64(len(r.Prompt)), LikelyPrompt: int64(len(r.Prompt)) / 4, SourceWidth: width, SourceHeight: height,
				})
				bill := b.last()
				if err != nil || bill > expected.Most || bill < expected.Likely*9/10 || bill > expected.Likely*11/10 {
					t.Errorf("%s, %s, %q, from %dx%d: %v for %+v; expected were %+v, %v", m.Name, size, quality, width, height, bill, got.Usage, expected, err)
				}
			}
		}
	}
}

// edit asks a model for an image, from one of that many pixels.
func edit(t *testing.T, model, size, quality string, width, height int) openai.ImageRequest {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return openai.ImageRequest{
		Model: model, Size: size, Quality: quality, Image: b.Bytes(), MediaType: "image/png",
		Prompt: fmt.Sprintf("Redraw this. %s", strings.Repeat("The brand speaks plainly. ", 20)),
	}
}
