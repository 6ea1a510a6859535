package stacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/pipeline"
)

// logFields are the documented fields of a log line. Embedded metrics stand beside them.
var logFields = []string{"timestamp", "level", "requestId", "runId", "templateId", "message", "data", "duration", "type"}

// checkLine checks one line against the log format that README gives.
func checkLine(t *testing.T, l lambdatest.Line) {
	t.Helper()
	if l.Fields == nil || strings.Count(l.Text, "\n") != 1 {
		t.Errorf("not one JSON object on a line: %s", l.Text)
		return
	}
	stamp := l.Field("timestamp")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil || !strings.HasSuffix(stamp, "Z") {
		t.Errorf("timestamp %q: %s", stamp, l.Text)
	}
	if !slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, l.Field("level")) || l.Field("message") == "" {
		t.Errorf("level or message: %s", l.Text)
	}
	if kind, typed := l.Fields["type"]; typed && kind != "metric" && kind != "cost" {
		t.Errorf("type %v: %s", kind, l.Text)
	}
	if d, timed := l.Fields["duration"]; timed {
		if _, number := d.(float64); !number {
			t.Errorf("duration %v: %s", d, l.Text)
		}
	}
	embedded := checkMetrics(t, l)
	for name := range l.Fields {
		if !slices.Contains(logFields, name) && !slices.Contains(embedded, name) {
			t.Errorf("field %q is not documented: %s", name, l.Text)
		}
	}
}

// checkMetrics checks the embedded metrics of a line against the EMF specification, and gives the fields they use.
func checkMetrics(t *testing.T, l lambdatest.Line) (fields []string) {
	t.Helper()
	if _, embedded := l.Fields["_aws"]; !embedded {
		return nil
	}
	var line struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(l.Text), &line); err != nil || len(line.AWS.CloudWatchMetrics) == 0 {
		t.Errorf("embedded metrics, %v: %s", err, l.Text)
	}
	fields = []string{"_aws"}
	if age := time.Since(time.UnixMilli(line.AWS.Timestamp)); age < 0 || age > time.Hour {
		t.Errorf("the metrics are %v old: %s", age, l.Text)
	}
	for _, d := range line.AWS.CloudWatchMetrics {
		if d.Namespace != pipeline.MetricNamespace || len(d.Metrics) == 0 || len(d.Dimensions) == 0 {
			t.Errorf("embedded metrics: %s", l.Text)
		}
		for _, m := range d.Metrics {
			fields = append(fields, m.Name)
			if _, number := l.Fields[m.Name].(float64); !number || m.Unit == "" {
				t.Errorf("metric %s has no value or unit: %s", m.Name, l.Text)
			}
		}
		for _, names := range d.Dimensions {
			for _, name := range names {
				fields = append(fields, name)
				if l.Field(name) == "" {
					t.Errorf("dimension %s has no value: %s", name, l.Text)
				}
			}
		}
	}
	return fields
}
