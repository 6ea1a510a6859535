package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// A world is a pipeline on a database and a folder of its own, with a fake OpenAI that a test can make misbehave.
type world struct {
	*pipeline.Pipeline
	t       testing.TB
	config  pipeline.Config
	openai  *openaitest.Server
	objects *store.Dir
	dir     string // that the objects are in
	logs    *syncBuffer
	draws   bool // the fake draws its images itself
	n       int
}

// smallPicture is what the fake answers with where a test does not look at the image.
var smallPicture = pictureBytes(60, 40)

// setting changes a world before it is made.
type setting func(*pipeline.Config, *openaitest.Options)

// faults makes the fake misbehave.
func faults(f func(openaitest.Call) *openaitest.Fault) setting {
	return func(_ *pipeline.Config, o *openaitest.Options) { o.Fault = f }
}

// configured changes the pipeline's configuration.
func configured(change func(*pipeline.Config)) setting {
	return func(c *pipeline.Config, _ *openaitest.Options) { change(c) }
}

// stores are the databases that a test about the hold on a run must hold on.
var stores = map[string]func(testing.TB) setting{
	"Bolt": func(testing.TB) setting { return func(*pipeline.Config, *openaitest.Options) {} },
	"DynamoDB": func(t testing.TB) setting {
		return func(c *pipeline.Config, _ *openaitest.Options) {
			account := storetest.Dynalite(t)
			tables := store.DynamoConfig{Templates: "templates", Runs: "processingRuns", Logs: "outputLogs", Objects: c.Objects}
			storetest.CreateTables(t, account, tables)
			c.Store = store.NewDynamo(account, tables)
		}
	},
}

// testDay is a day on which gpt-image-1 is shut down and its replacement is used, and gpt-5 is still served.
func testDay() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// dayClock is a clock that runs from testDay.
func dayClock() func() time.Time {
	began := time.Now()
	return func() time.Time { return testDay().Add(time.Since(began)) }
}

func newWorld(t testing.TB, settings ...setting) *world {
	t.Helper()
	dir := t.TempDir()
	bolt, err := store.OpenBolt(filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bolt.Close() })
	w := &world{t: t, logs: new(syncBuffer), objects: store.NewDir(dir), dir: dir}
	now := dayClock()
	w.config = pipeline.Config{
		Store: bolt, Objects: w.objects, Log: pipeline.NewLogger(w.logs, slog.LevelDebug), Now: now,
		MaxCostUSD: nil,
	}
	options := openaitest.Options{Now: now}
	for _, s := range settings {
		s(&w.config, &options)
	}
	misbehave := options.Fault
	options.Fault = func(c openaitest.Call) *openaitest.Fault {
		if misbehave != nil {
			if f := misbehave(c); f != nil {
				return f
			}
		}
		if c.Kind == openaitest.KindImage && !w.draws { // the fake's own drawings are large, and slow under the race detector
			return &openaitest.Fault{Image: smallPicture}
		}
		return nil
	}
	w.openai = openaitest.NewServer(t, options)
	if w.config.OpenAI == nil {
		w.config.OpenAI = w.client(func(*openai.Config) {})
	}
	w.Pipeline = w.another(func(*pipeline.Config) {})
	return w
}

// client is a client of the fake.
func (w *world) client(change func(*openai.Config)) *openai.Client {
	cfg := openai.Config{
		Key:     func(context.Context) (string, error) { return "sk-test", nil },
		BaseURL: w.openai.URL(), Backoff: time.Millisecond, Poll: 5 * time.Millisecond, Patience: time.Nanosecond, Log: w.config.Log,
		Foreground: w.config.ForegroundAgent,
	}
	change(&cfg)
	return openai.New(cfg)
}

// patient gives the world's pipeline another client.
func (w *world) patient(change func(*openai.Config)) {
	w.config.OpenAI = w.client(change)
	w.Pipeline = w.another(func(*pipeline.Config) {})
}

// another is a pipeline in the same world, as a new deployment or a second process would be.
func (w *world) another(change func(*pipeline.Config)) *pipeline.Pipeline {
	w.t.Helper()
	cfg := w.config
	change(&cfg)
	p, err := pipeline.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// handle invokes the pipeline with a payload.
func (w *world) handle(ctx context.Context, payload any) (json.RawMessage, error) {
	w.t.Helper()
	body, err := json.Marshal(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	w.n++
	return w.Handle(ctx, fmt.Sprintf("request-%d", w.n), body)
}

// do invokes the pipeline and reads the response into out; an error ends the test.
func (w *world) do(payload, out any) {
	w.t.Helper()
	response, err := w.handle(context.Background(), payload)
	if err != nil {
		w.t.Fatalf("%s: %v", pipeline.NameOf(err), err)
	}
	read(w.t, response, out)
}

// run invokes a run that is to end well.
func (w *world) run(payload any) pipeline.Summary {
	w.t.Helper()
	var s pipeline.Summary
	w.do(payload, &s)
	return s
}

// fails invokes a run that is to fail, and checks its name.
func (w *world) fails(payload any, want pipeline.ErrorName) error {
	w.t.Helper()
	response, err := w.handle(context.Background(), payload)
	if err == nil {
		w.t.Fatalf("no error, want %s; the response was %s", want, response)
	}
	if got := pipeline.NameOf(err); got != want {
		w.t.Fatalf("failed with %s (%v), want %s", got, err, want)
	}
	return err
}

// storedRun is a run as getRun returns it.
type storedRun struct {
	pipeline.Summary
	Attempt       int               `json:"attempt"`
	Crashes       int               `json:"crashes"`
	Continuations int               `json:"continuations"`
	Models        map[string]string `json:"models"`
	Results       []struct {
		ElementIDs []string `json:"elementIds"`
		Status     string   `json:"status"`
		Width      int      `json:"width"`
		Height     int      `json:"height"`
		Problem    string   `json:"problem"`
	} `json:"imageProcessingResults"`
}

func (w *world) getRun(id string) storedRun {
	w.t.Helper()
	var r storedRun
	w.do(map[string]any{"action": "getRun", "runId": id}, &r)
	return r
}

// logRow is a row as getRunLogs returns it.
type logRow struct {
	LogType, Level, Message, Timestamp string
	Data                               map[string]any
}

func (w *world) rows(id, prefix string) []logRow {
	w.t.Helper()
	var out struct{ Logs []logRow }
	w.do(map[string]any{"action": "getRunLogs", "runId": id, "logType": prefix}, &out)
	return out.Logs
}

// billEqualsTotal checks that a run's cost is what the fake charged, to the nano-dollar.
func (w *world) billEqualsTotal(b cost.Breakdown) {
	w.t.Helper()
	if bill := w.openai.Bill(); bill.Total != int64(b.Total) || bill.Agent != int64(b.Agent) || bill.Image != int64(b.Image) {
		w.t.Errorf("the run cost %s (agent %s, images %s), and OpenAI's bill is %s (%s, %s)", b.Total, b.Agent, b.Image,
			cost.Amount(bill.Total), cost.Amount(bill.Agent), cost.Amount(bill.Image))
	}
}

// billCovered checks that the fake charged what the run says, and at the most what it says it may have been charged.
func (w *world) billCovered(b cost.Breakdown) {
	w.t.Helper()
	bill := cost.Amount(w.openai.Bill().Total)
	most := b.Total
	if b.PossiblyCharged != nil {
		most += b.PossiblyCharged.Cost
	}
	if bill < b.Total || bill > most {
		w.t.Errorf("OpenAI's bill is %s; the run says %s, and %s at the most", bill, b.Total, most)
	}
}

func read(t testing.TB, data []byte, out any) {
	t.Helper()
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatalf("%v in %.300s", err, data)
	}
}

// guide is a brand guide of a brand that does not exist.
const guide = `{"meta":{"brandName":"Lanternfen"},"brandStyleGuide":{"colors":{"primary":"#1F4E5F","secondary":"#F2B84B","accent":"#B5654A"}},"voice":"Plain, warm and exact."}`

// pictureURL is a data: URL of a picture.
func pictureURL(width, height int, c color.Color) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture(width, height, c))
}

// pictureBytes is a picture as OpenAI would return it.
func pictureBytes(width, height int) []byte {
	return picture(width, height, color.NRGBA{31, 78, 95, 255})
}

func picture(width, height int, c color.Color) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if (x/8+y/8)%2 == 0 {
				m.Set(x, y, c)
			} else {
				m.Set(x, y, color.White)
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

// element is one of a funnel.
func textElement(id, text string) map[string]any {
	return map[string]any{"element_id": id, "type": "character", "text": text}
}

func imageElement(id, url string, width, height int) map[string]any {
	return map[string]any{"element_id": id, "type": "image", "url": url, "alt_text": "picture " + id, "width": width, "height": height, "transparent_bg": false}
}

// testFunnel is a funnel with so many images and texts, beside what is not copy.
func testFunnel(images, texts int) string {
	elements := []any{
		textElement("opt_form_url", "/thank-you.html"), textElement("opt_color_brand", "#8C4A2F"),
		textElement("opt_form_email_placeholder", "you@example.com"), textElement("opt_empty", ""),
	}
	for i := range images {
		elements = append(elements, imageElement(fmt.Sprintf("image_%d", i), pictureURL(48, 32, color.NRGBA{uint8(40 * i), uint8(80 + i/32), 120, 255}), 120, 80))
	}
	for i := range texts {
		elements = append(elements, textElement(fmt.Sprintf("text_%d", i), fmt.Sprintf("Get the free glaze recipe card number %d, {{contact.first_name}}", i)))
	}
	raw, _ := json.Marshal(elements)
	return string(raw)
}

// wordless is a funnel whose images have no alternative text, so that the agent is asked nothing of them.
func wordless(funnelJSON string) string {
	return altText.ReplaceAllString(funnelJSON, `"alt_text":""`)
}

var altText = regexp.MustCompile(`"alt_text":"[^"]*"`)

// inline is a run's payload with everything in it.
func inline(runID, funnelJSON string) map[string]any {
	return map[string]any{
		"runId": runID, "input": map[string]any{"input_as_text": "Please rewrite the funnel."},
		"brandGuide": guide, "templateFunnel": funnelJSON,
	}
}

// with is a payload with one more field.
func with(payload map[string]any, field string, value any) map[string]any {
	more := map[string]any{field: value}
	for k, v := range payload {
		if k != field {
			more[k] = v
		}
	}
	return more
}

// syncBuffer is a buffer that several goroutines write lines to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// lines are the log lines so far, each as what it says.
func (s *syncBuffer) lines(t testing.TB) []map[string]any {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(s.b.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("log line is not JSON: %v: %s", err, line)
		}
		all = append(all, m)
	}
	return all
}
