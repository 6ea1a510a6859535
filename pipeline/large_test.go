//go:build !race

package pipeline_test

import (
	"encoding/json"
	"fmt"
	"image/color"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/pipeline/brand"
)

// usualFunnel is a funnel of 60 elements as builders export them: a page, a page that says thanks, an e-mail; three
// images, eight colours, addresses, empty elements, lines of 20 to 250 bytes.
func usualFunnel() string {
	lines := []string{
		"Twelve Glazes That Work the First Time", "Stop guessing at the kiln. Get the recipe cards our members use every week.",
		"Where shall we send your cards?", "Send Me the Cards", "Download twelve tested glaze recipes for the home kiln. Know what to weigh, how to fire it, and why it never crazes.",
		"Learn to trust the cone and not the clock, and your next firing opens without a surprise.", "Your first name",
		"Hello {{contact.first_name}}, your glaze cards are here", "Get the card for a matte white that does not pinhole on stoneware",
		"<p>Hello {{contact.first_name}},</p><p>Thank you for asking for the <strong>cards</strong>. Print them, pin them above the bench, and start with card four: it forgives everything that a first firing can do to a pot.</p>",
	}
	var list []any
	for page, prefix := range []string{"opt", "ty", "email"} {
		list = append(list, imageElement(prefix+"_hero_image_url", pictureURL(48, 32, color.NRGBA{uint8(60 * page), 80, 120, 255}), 120, 80))
		for i, line := range lines {
			list = append(list, textElement(fmt.Sprintf("%s_line_%d_text", prefix, i), line))
		}
		list = append(list,
			textElement(prefix+"_form_url", "/thank-you.html"), textElement(prefix+"_download_url", "https://files.example/glaze-cards.pdf"),
			textElement(prefix+"_color_brand", "#8C4A2F"), textElement(prefix+"_color_text_primary", "#2A2420"), textElement(prefix+"_extra_text", ""))
	}
	for i := len(list); i < 60; i++ {
		list = append(list, textElement(fmt.Sprintf("ty_reason_%d_text", i), fmt.Sprintf("Reason %d to get the cards: they are tested in a small kiln by people with a day job", i)))
	}
	raw, _ := json.Marshal(list)
	return string(raw)
}

var dataURL = regexp.MustCompile(`data:image/png;base64,[^"]*`)

// tokensOf is what a fake that counts a token for every four bytes takes a text for.
func tokensOf(text string) float64 { return float64(len(text)) / 4 }

// BenchmarkTokens gives the tokens of the copy of a funnel of 60 elements beside those of sending its whole JSON and
// having all of it written back. Both have the same instructions and guide, which most of what is sent is: of-funnel
// leaves them out. What a model thinks is in neither.
func BenchmarkTokens(b *testing.B) {
	w := newWorld(b, configured(func(c *pipeline.Config) { c.Log = slog.New(slog.DiscardHandler) }))
	funnelJSON := usualFunnel()
	for i := range b.N {
		if s := w.run(inline(fmt.Sprintf("run-%d", i), funnelJSON)); s.Texts.Kept > 0 {
			b.Fatalf("%+v", s)
		}
	}
	b.StopTimer()
	// The images' data is not what a model would be sent: an address in its place is.
	whole := dataURL.ReplaceAllString(funnelJSON, "https://cdn.example/funnels/0123456789abcdef/images/opt-hero-image-0123456789abcdef.png")
	var sent, received, instructions float64
	calls := w.calls(openaitest.KindAgent)
	for _, c := range calls {
		if c.Billed {
			sent += float64(c.Usage.Input) / float64(b.N)
			received += float64(c.Usage.Output-c.Usage.Reasoning) / float64(b.N)
			instructions += tokensOf(c.Instructions+guide) / float64(b.N)
		}
	}
	once := tokensOf(calls[0].Instructions + guide)
	b.ReportMetric(sent, "tokens-sent")
	b.ReportMetric(received, "tokens-received")
	b.ReportMetric(sent/(once+tokensOf(whole)), "sent/whole-JSON")
	b.ReportMetric((sent-instructions)/tokensOf(whole), "sent-of-funnel/whole-JSON")
	b.ReportMetric(received/tokensOf(whole), "received/whole-JSON")
}

// largestGuide is a guide as large as one may be: rules that code reads, and prose.
func largestGuide() string {
	prose := `","story":"` + strings.Repeat("Lanternfen teaches ceramics to people who have never touched clay. Plain, warm and exact. ", brand.MaxText/90)
	head := strings.TrimSuffix(guide, `"}`)
	return head + prose[:brand.MaxText-len(head)-2] + `"}`
}

// manyTexts is a funnel of so many texts that are all different, with a placeholder or a price here and there.
func manyTexts(n int) string {
	var list []any
	for i := range n {
		text := fmt.Sprintf("Learn reason %d to get the free glaze cards, and why the kiln in your shed is all that you need", i)
		switch i % 5 {
		case 0:
			text += ", {{contact.first_name}}"
		case 1:
			text += fmt.Sprintf(" for $%d a month", 10+i)
		}
		list = append(list, textElement(fmt.Sprintf("text_%d", i), text))
	}
	raw, _ := json.Marshal(list)
	return string(raw)
}

// BenchmarkCopy is the time and memory that the pipeline itself takes for 2,000 texts and a guide of 400 KB: own-ms is
// a run's time without that in which the fake was at work, one call after the other; cpu-ms is what the processors
// worked for both, whatever else they did.
func BenchmarkCopy(b *testing.B) {
	w := newWorld(b, configured(func(c *pipeline.Config) {
		c.AgentConcurrency, c.ForegroundAgent, c.Log = 1, true, slog.New(slog.DiscardHandler)
	}))
	funnelJSON, large := manyTexts(2000), largestGuide()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	peak, worked := peakHeap(), cpuTime()
	b.ResetTimer()
	for i := range b.N {
		if s := w.run(with(inline(fmt.Sprintf("run-%d", i), funnelJSON), "brandGuide", large)); s.Texts.Rewritten != 2000 {
			b.Fatalf("%+v", s)
		}
	}
	b.StopTimer()
	most, spent := peak(), cpuTime()-worked
	runtime.ReadMemStats(&after)
	own := b.Elapsed()
	for _, c := range w.openai.Calls() {
		own -= c.Ended.Sub(c.Started)
	}
	b.ReportMetric(float64(own.Milliseconds())/float64(b.N), "own-ms/run")
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/run")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/(1<<20)/float64(b.N), "allocated-MB/run")
	b.ReportMetric(float64(most)/(1<<20), "peak-heap-MB")
}

// cpuTime is what this process has had of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestALargeRunStaysBounded holds what a run of 2,000 texts and a guide of 400 KB writes, and what one of fewer writes
// of whose rewrites all but one are refused in every round; dynalite refuses an item of more than 400 KB, as DynamoDB
// does. Under the race detector it would take minutes, for thousands of rewrites are checked.
func TestALargeRunStaysBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it checks thousands of rewrites")
	}
	large := largestGuide()
	for name, tt := range map[string]struct {
		says        setting
		texts, kept int
	}{
		"a good model": {func(*pipeline.Config, *openaitest.Options) {}, 2000, 0},
		"a model that changes every text's facts": {says(func(_ int, id, text string) string {
			if id == "text_7" {
				return text
			}
			return strings.Repeat("GUARANTEED 100% or $1,000,000 back by 1 May 2031! ", 4)
		}), 400, 399},
	} {
		t.Run(name, func(t *testing.T) {
			funnelJSON := manyTexts(tt.texts)
			w := newWorld(t, stores["DynamoDB"](t), tt.says)
			s := w.run(with(inline("run-1", funnelJSON), "brandGuide", large))
			if s.Texts.Total != tt.texts || s.Texts.Kept != tt.kept || s.Problems.Count != tt.kept {
				t.Fatalf("%+v, %d problems", *s.Texts, s.Problems.Count)
			}
			info, err := os.Stat(s.Output.Location)
			if err != nil {
				t.Fatal(err)
			}
			each := (info.Size() - int64(len(funnelJSON))) / int64(tt.texts)
			t.Logf("the output document has %d bytes, %d a text beside the funnel", info.Size(), each)
			if each > 5000 {
				t.Errorf("the output document has %d bytes a text beside the funnel", each)
			}
			record, err := json.Marshal(w.getRun("run-1"))
			if err != nil {
				t.Fatal(err)
			}
			rows := w.rows("run-1", "")
			t.Logf("the record has %d bytes, and %d rows", len(record), len(rows))
			if len(record) > 10_000 || len(rows) > 100 {
				t.Errorf("the record has %d bytes, and %d rows", len(record), len(rows))
			}
			for _, row := range rows {
				if raw, _ := json.Marshal(row); len(raw) > 10_000 {
					t.Errorf("row %s has %d bytes", row.LogType, len(raw))
				}
			}
			for _, line := range w.logs.lines(t) {
				if raw, _ := json.Marshal(line); len(raw) > 10_000 {
					t.Errorf("a line %q has %d bytes", line["message"], len(raw))
				}
			}
			w.billEqualsTotal(s.Cost)
		})
	}
}

// TestARunOf500ImagesStaysWithinDynamoDB makes the largest run there is a reason to expect; dynalite refuses an item
// of more than 400 KB, as DynamoDB does.
func TestARunOf500ImagesStaysWithinDynamoDB(t *testing.T) {
	small := pictureBytes(24, 16)
	counted := new(countingStore)
	w := newWorld(t, stores["DynamoDB"](t), configured(func(c *pipeline.Config) {
		counted.Store, c.Store = c.Store, counted
		c.Lease = time.Hour // no renewals among the writes
	}), faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{Image: small}
		}
		return nil
	}))
	s := w.run(inline("run-1", wordless(testFunnel(500, 3))))
	if s.Images.Succeeded != 500 {
		t.Fatalf("%+v", s)
	}
	if got := counted.ledger.Load(); got != 2*500+3 {
		t.Errorf("%d ledger writes; want two for each image, and three for the agent's response", got)
	}
	if others := counted.writes.Load() - counted.ledger.Load(); others > 20 {
		t.Errorf("%d writes besides the ledger's", others)
	}
	w.billEqualsTotal(s.Cost)
}
