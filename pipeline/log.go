package pipeline

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/full-turner/full-turner/cost"
)

// NewLogger writes the documented log format: one JSON object a line with timestamp (RFC 3339, UTC), level,
// message, and the fields that a line's author gives: requestId, runId, templateId, data, duration (milliseconds),
// and type (metric or cost) on those two kinds.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				return slog.String("timestamp", a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	}))
}

// data is the variable part of a log line. Messages are constants.
func data(args ...any) slog.Attr { return slog.Group("data", args...) }

// duration is a log line's duration in milliseconds.
func duration(d time.Duration) slog.Attr { return slog.Int64("duration", d.Milliseconds()) }

// metricUnits are the embedded metrics, with their CloudWatch units. Money is counted where it is spent, so that a
// sum over CostUSD is the bill, whatever becomes of the runs.
var metricUnits = map[string]string{
	"StepDuration":        "Milliseconds", // of each step, by step
	"RunDuration":         "Milliseconds", // of a run that ended, over all of its attempts
	"RunsCompleted":       "Count",
	"RunsFailed":          "Count",
	"RunsSuspended":       "Count",
	"ImagesMade":          "Count",
	"ImagesFailed":        "Count",
	"ImagesReused":        "Count",
	"CostUSD":             "None",    // of each answer that was charged
	"PossiblyChargedUSD":  "None",    // of each call whose outcome nobody knows
	"DeadlineUsed":        "Percent", // of the time that an attempt had
	"HandleFailureErrors": "Count",
}

// MetricNamespace is the CloudWatch namespace of the embedded metrics where none is configured.
const MetricNamespace = "FullTurner"

// metric writes a line that is also a CloudWatch embedded metric (EMF specification): values are at the top level,
// and dimension, where it is not "", names a string field beside them.
func (p *Pipeline) metric(ctx context.Context, log *slog.Logger, level slog.Level, message, dimension, of string, values map[string]any, attrs ...slog.Attr) {
	log.LogAttrs(ctx, level, message, append(p.embedded(dimension, of, values), append(attrs, slog.String("type", "metric"))...)...)
}

// spent writes a line of type cost that is also an embedded metric.
func (p *Pipeline) spent(ctx context.Context, log *slog.Logger, level slog.Level, message, name string, amount cost.Amount, attrs ...slog.Attr) {
	log.LogAttrs(ctx, level, message, append(p.embedded("", "", map[string]any{name: amount}), append(attrs, slog.String("type", "cost"))...)...)
}

// embedded is the part of a line that CloudWatch reads as metrics.
func (p *Pipeline) embedded(dimension, of string, values map[string]any) []slog.Attr {
	type definition struct{ Name, Unit string }
	var metrics []definition
	var line []slog.Attr
	for name, value := range values {
		metrics = append(metrics, definition{name, metricUnits[name]})
		line = append(line, slog.Any(name, value))
	}
	dimensions := [][]string{{}}
	if dimension != "" {
		dimensions = [][]string{{dimension}}
		line = append(line, slog.String(dimension, of))
	}
	return append(line, slog.Any("_aws", map[string]any{
		"Timestamp":         time.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": p.MetricNamespace, "Dimensions": dimensions, "Metrics": metrics}},
	}))
}
