package stacktest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestStack_RingsForWhatNeedsAPerson(t *testing.T) {
	s := documented(t)
	alarms := map[string]bool{}
	for id, alarm := range s.all("AWS::CloudWatch::Alarm") {
		p := alarm.Properties
		alarms[p["MetricName"].(string)] = true
		if p["TreatMissingData"] != "notBreaching" || p["AlarmDescription"] == "" || p["AlarmActions"] != nil {
			t.Errorf("%s: %v", id, p)
		}
	}
	for _, metric := range []string{"RunsFailed", "CostUSD", "DeadlineUsed", "HandleFailureErrors", "ExecutionsTimedOut", "ExecutionThrottled", "Throttles"} {
		if !alarms[metric] {
			t.Errorf("no alarm watches %s", metric)
		}
	}
	spend := s.one(t, "AWS::CloudWatch::Alarm", "MetricName", "CostUSD").Properties
	if spend["Period"] != 3600.0 || spend["Statistic"] != "Sum" || spend["Threshold"] != 50.0 {
		t.Errorf("the spend alarm: %v", spend)
	}
}

// TestMetrics_AreEmitted holds the alarms and the dashboard against the metrics of the day: one that nothing emits
// would show nothing and never ring.
func TestMetrics_AreEmitted(t *testing.T) {
	emitted, timed := map[string]bool{}, map[string]bool{}
	sum := map[string]float64{}
	for _, line := range aDay(t).lines {
		checkLine(t, line)
		var l struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace string
					Metrics   []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(line.Text), &l); err != nil {
			t.Fatal(err)
		}
		if line.Fields["StepDuration"] != nil {
			timed[line.Field("step")] = true
		}
		for _, d := range l.AWS.CloudWatchMetrics {
			for _, m := range d.Metrics {
				emitted[d.Namespace+" "+m.Name] = true
				sum[m.Name] += line.Fields[m.Name].(float64)
			}
		}
	}
	s := documented(t)
	asked, steps := map[string]bool{}, map[string]bool{}
	for _, alarm := range s.all("AWS::CloudWatch::Alarm") {
		if namespace := alarm.Properties["Namespace"].(string); strings.HasPrefix(namespace, pipeline.MetricNamespace) {
			asked[namespace+" "+alarm.Properties["MetricName"].(string)] = true
		}
	}
	for _, dashboard := range s.all("AWS::CloudWatch::Dashboard") {
		body := s.resolve(dashboard.Properties["DashboardBody"])
		for _, m := range regexp.MustCompile(`\["(`+pipeline.MetricNamespace+`[^"]*)","([^"]+)"`).FindAllStringSubmatch(body, -1) {
			asked[m[1]+" "+m[2]] = true
		}
		for _, m := range regexp.MustCompile(`"StepDuration","step","([^"]+)"`).FindAllStringSubmatch(body, -1) {
			steps[m[1]] = true
		}
	}
	if len(steps) != 8 {
		t.Errorf("the dashboard shows the durations of %v", slices.Collect(maps.Keys(steps)))
	}
	for step := range steps {
		if !timed[step] {
			t.Errorf("nothing emits the duration of %s", step)
		}
	}
	if len(asked) < 12 {
		t.Errorf("alarms and dashboard ask for %v alone", asked)
	}
	for metric := range asked {
		if !emitted[metric] {
			t.Errorf("nothing emits %s", metric)
		}
	}
	total, failed := cost.Amount(0), 0.0
	for _, run := range aDay(t).runs {
		total += run.Cost.Total
		if run.Status == store.Failed {
			failed++
		}
	}
	if dollars(sum["CostUSD"]) != total || sum["RunsFailed"] != failed || sum["RunsSuspended"] != 1 || sum["ImagesMade"] != 2*2 {
		t.Errorf("the metrics add up to %v; on record %v and %v failed runs", sum, total, failed)
	}
}
