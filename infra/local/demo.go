package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
)

// The sample: the funnel of a pottery club and the brand of a ceramics school. Neither exists.
var (
	//go:embed sample/brand-guide.json
	sampleGuide string
	//go:embed sample/funnel.json
	sampleFunnel string
	//go:embed report.html
	reportPage string
)

// demo puts the sample template, runs it, and leaves a page that shows what became of it.
func (w *world) demo(ctx context.Context) int {
	put, _ := json.Marshal(map[string]any{ // strings only
		"action": "putTemplate", "templateId": "sample", "name": "Glaze recipe cards",
		"brandGuideContent": sampleGuide, "templateFunnelJson": sampleFunnel,
		"metadata": map[string]any{"replace": map[string]string{"oakumhill.example": "lanternfen.example"}}, // its pages moved
	})
	response, err := w.pipeline.Handle(ctx, requestID(), put)
	if err != nil {
		return w.answer(response, err)
	}
	response, err = w.pipeline.Handle(ctx, requestID(), []byte(`{"templateId":"sample","input":{"input_as_text":"Please rewrite the funnel for the new brand."}}`))
	code := w.answer(response, err)
	if code != exitCompleted {
		return code
	}
	var s pipeline.Summary
	err = json.Unmarshal(response, &s)
	if err == nil {
		err = w.audit(s)
	}
	if err != nil {
		fmt.Fprintln(w.stderr, "full-turner:", err)
		return exitFailed
	}
	page, err := w.report(s)
	if err != nil {
		fmt.Fprintln(w.stderr, "full-turner: the report:", err)
		return exitFailed
	}
	fmt.Fprintf(w.stderr, "look at  %s\n", page)
	return code
}

// audit holds the run's cost against the bill of the one who answered, where that is the simulator.
func (w *world) audit(s pipeline.Summary) error {
	if w.simulator == nil {
		return nil
	}
	bill := cost.Amount(w.simulator.Bill().Total)
	if bill != s.Cost.Total {
		return fmt.Errorf("the run says that it cost %s, and the simulator's own bill is %s", s.Cost.Total, bill)
	}
	fmt.Fprintf(w.stderr, "bill     %s, counted by the simulator itself: the same to the nano-dollar\n", bill)
	return nil
}

// report writes a page with the funnel before and after.
func (w *world) report(s pipeline.Summary) (string, error) {
	type element struct {
		ID   string `json:"element_id"`
		Type string `json:"type"`
		Text string `json:"text"`
		URL  string `json:"url"`
	}
	var before []element
	if err := json.Unmarshal([]byte(sampleFunnel), &before); err != nil {
		return "", err
	}
	document, err := os.ReadFile(s.Output.Location)
	if err != nil {
		return "", err
	}
	var after struct {
		Funnel   []element `json:"funnel_json"`
		Notes    []string  `json:"notes"`
		Problems []string  `json:"problems"`
		Kept     []struct {
			ID      string `json:"elementId"`
			Message string `json:"message"`
		} `json:"kept"`
	}
	if err := json.Unmarshal(document, &after); err != nil {
		return "", err
	}
	type row struct {
		ID, Before, After string
		Was, Is           template.URL // addresses of our own making: the sample's and the object store's
		Changed           bool
	}
	var rows []row
	for i, e := range after.Funnel {
		b := before[i]
		rows = append(rows, row{e.ID, b.Text, e.Text, template.URL(b.URL), template.URL(e.URL), b.Text != e.Text || b.URL != e.URL})
	}
	path := filepath.Join(w.dir, "report.html")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	page := template.Must(template.New("report").Parse(reportPage))
	return path, page.Execute(f, map[string]any{"Run": s, "Rows": rows, "Notes": after.Notes, "Problems": after.Problems, "Kept": after.Kept, "Simulated": w.simulator != nil})
}
