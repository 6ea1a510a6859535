package stacktest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
)

// saved is a saved query of the stack.
func saved(t *testing.T, name string) query {
	t.Helper()
	s := documented(t)
	text := s.one(t, "AWS::Logs::QueryDefinition", "Name", "full-turner/"+name).Properties["QueryString"].(string)
	q, err := parseQuery(strings.ReplaceAll(text, "run-123", "complete"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return q
}

// result runs a saved query over the day.
func result(t *testing.T, name string) []event {
	t.Helper()
	rows, err := saved(t, name).run(discovered(aDay(t).lines))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", name)
	}
	return rows
}

// dollars is an amount as a number, rounded to what an amount can be: sums of floats have noise.
func dollars(v any) cost.Amount {
	n, _ := v.(float64)
	return cost.Amount(math.Round(n * 1e9))
}

func TestQueries_NameFieldsThatRunsEmit(t *testing.T) {
	emitted := map[string]bool{}
	for _, e := range discovered(aDay(t).lines) {
		for name := range e {
			emitted[name] = true
		}
	}
	s := documented(t)
	queries := s.all("AWS::Logs::QueryDefinition")
	if len(queries) < 6 {
		t.Errorf("%d queries are saved", len(queries))
	}
	for id, r := range queries {
		name := strings.TrimPrefix(r.Properties["Name"].(string), "full-turner/")
		for _, field := range saved(t, name).fields {
			if !emitted[field] {
				t.Errorf("%q asks for %s, which no line has", name, field)
			}
		}
		if groups := r.Properties["LogGroupNames"].([]any); len(groups) != 1 || s.resolve(groups[0]) != "/aws/lambda/full-turner" {
			t.Errorf("%s looks at %v", id, groups)
		}
	}
}

func TestQueries_OneRunsStory(t *testing.T) {
	var steps []string
	var charged, last any
	images, total := 0, cost.Amount(0)
	for _, row := range result(t, "one run's story") {
		if row["runId"] != "complete" || compare(row["@timestamp"], last) < 0 {
			t.Errorf("out of place: %v", row["@message"])
		}
		last = row["@timestamp"]
		switch row["message"] {
		case "step finished":
			steps = append(steps, row["data.step"].(string))
		case "image processed":
			images++
		case "call charged":
			charged = row["data.call"]
			total += dollars(row["data.cost"])
		}
	}
	want := []string{"InitializeRun", "LoadTemplate", "ProcessImagesBatch", "AggregateImageResults", "ExecuteAgent", "SaveOutput"}
	if len(steps) == len(want) {
		slices.Sort(steps[3:5]) // the images and the copy are made side by side
	}
	if !slices.Equal(steps, want) || images != 2 || charged == nil {
		t.Errorf("steps %v, %d images, charged last %v", steps, images, charged)
	}
	if run := aDay(t).runs["complete"]; total != run.Cost.Total {
		t.Errorf("the story's calls cost %v, the run %v", total, run.Cost.Total)
	}
}

func TestQueries_FailuresByErrorName(t *testing.T) {
	got := map[string]event{}
	for _, row := range result(t, "failures by error name") {
		got[fmt.Sprint(row["error"], " in ", row["step"])] = row
	}
	want := map[string]string{"AgentRefused in ExecuteAgent": "refused", "TemplateNotFound in LoadTemplate": "nothing"}
	if len(got) != len(want) {
		t.Errorf("failures: %v", got)
	}
	for name, run := range want {
		if row := got[name]; row["failures"] != 1.0 || row["templates"] != 1.0 || row["lastRun"] != run || row["lastMessage"] == nil {
			t.Errorf("%s: %v", name, row)
		}
	}
}

func TestQueries_CostByTemplateAndDay(t *testing.T) {
	d := aDay(t)
	want := map[string]cost.Amount{}
	runs := map[string]float64{}
	for _, run := range d.runs {
		if run.Cost.Total > 0 {
			want[run.TemplateID] += run.Cost.Total
			runs[run.TemplateID]++
		}
	}
	got := map[string]cost.Amount{}
	for _, row := range result(t, "cost by template and day") { // more than one day, when midnight was in between
		id := row["templateId"].(string)
		got[id] += dollars(row["usd"])
		if row["runs"] != runs[id] || row["day"] == nil || row["calls"].(float64) < runs[id] {
			t.Errorf("%s: %v", id, row)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(want) != 2 {
		t.Errorf("cost by template: %v, on record %v", got, want)
	}
	known, possibly := cost.Amount(0), cost.Amount(0)
	for _, run := range d.runs {
		known += run.Cost.Total
		if run.Cost.PossiblyCharged != nil {
			possibly += run.Cost.PossiblyCharged.Cost
		}
	}
	if d.billed != known+possibly {
		t.Errorf("OpenAI billed %v; on record %v, and possibly %v", d.billed, known, possibly)
	}
}

func TestQueries_SlowestSteps(t *testing.T) {
	d := aDay(t)
	rows := maps.Clone(d.steps)
	rows["ProcessImage"] = d.images
	var before event
	for _, row := range result(t, "slowest steps") {
		step := row["step"].(string)
		if row["steps"] != rows[step] {
			t.Errorf("%s: %v times in the log, %v in outputLogs", step, row["steps"], rows[step])
		}
		mean, p95, slowest := row["meanMs"].(float64), row["p95Ms"].(float64), row["slowestMs"].(float64)
		if mean > slowest || p95 > slowest || (before != nil && slowest > before["slowestMs"].(float64)) {
			t.Errorf("%v after %v", row, before)
		}
		before = row
		delete(rows, step)
	}
	if len(rows) > 0 {
		t.Errorf("not in the log: %v", rows)
	}
}

func TestQueries_RetriesAndResumes(t *testing.T) {
	var got []string
	for _, row := range result(t, "retries and resumes") {
		got = append(got, fmt.Sprintf("%v %v", row["runId"], row["message"]))
	}
	slices.Sort(got)
	want := []string{"complete OpenAI retry", "interrupted run ended", "interrupted run resumed", "retried OpenAI retry"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestQueries_SpendPossiblyCharged(t *testing.T) {
	rows := result(t, "spend possibly charged")
	run := aDay(t).runs["complete"]
	if len(rows) != 1 || rows[0]["runId"] != "complete" || rows[0]["templateId"] != "summer" || rows[0]["kind"] != "image" || rows[0]["calls"] != 1.0 ||
		rows[0]["lastCause"] == nil || run.Cost.PossiblyCharged == nil || dollars(rows[0]["usd"]) != run.Cost.PossiblyCharged.Cost {
		t.Errorf("%v; on record %+v", rows, run.Cost.PossiblyCharged)
	}
}
