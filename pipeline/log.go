package pipeline

import (
	"context"
	"io"
	"log/slog"
	"time"
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

// journal is where it is told what happens: lines of the log, embedded metrics, and an onlooker.
type journal struct {
	*slog.Logger
	namespace string // of the metrics
	observe   func(Event)
}

// journal is the one of an invocation, about a run of a template where they are known.
func (p *Pipeline) journal(inv Invocation, runID, templateID string) journal {
	log := p.Log.With("requestId", inv.RequestID, "runId", runID, "templateId", templateID)
	return journal{Logger: log, namespace: p.MetricNamespace, observe: p.Observe}
}

// metrics are values of a line that CloudWatch reads as embedded metrics, by the metric's name.
type metrics map[string]any

// metric writes a line that is also an embedded metric.
func (j journal) metric(ctx context.Context, level slog.Level, message string, values metrics, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("type", "metric"))
	j.LogAttrs(ctx, level, message, append(j.embedded("", values), attrs...)...)
}

// timed writes the line of a step that has ended, with its duration as an embedded metric by step.
func (j journal) timed(ctx context.Context, level slog.Level, message, step string, d time.Duration, attrs ...slog.Attr) {
	attrs = append(attrs, duration(d), slog.String("type", "metric"))
	j.LogAttrs(ctx, level, message, append(j.embedded(step, metrics{MetricStepDuration: d.Milliseconds()}), attrs...)...)
}

// spent writes a line of type cost that is also an embedded metric.
func (j journal) spent(ctx context.Context, level slog.Level, message string, values metrics, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("type", "cost"))
	j.LogAttrs(ctx, level, message, append(j.embedded("", values), attrs...)...)
}

// failure writes the one ERROR line of a failure.
func (j journal) failure(ctx context.Context, message string, f *Failure) {
	about := []any{"name", f.Name, "message", f.Error()}
	if f.stack != "" {
		about = append(about, "stack", truncate(f.stack, maxStack))
	}
	j.LogAttrs(ctx, slog.LevelError, message, data("step", f.Step, slog.Group("error", about...)))
}

// embedded is the part of a line that CloudWatch reads as metrics (embedded metric format): the values are at the top
// level, and so is the dimension step, where there is one.
func (j journal) embedded(step string, values metrics) []slog.Attr {
	type definition struct{ Name, Unit string }
	var defined []definition
	var line []slog.Attr
	for name, value := range values {
		unit, ok := metricUnits[name]
		if !ok {
			unit = "Count"
		}
		defined = append(defined, definition{name, unit})
		line = append(line, slog.Any(name, value))
	}
	dimensions := [][]string{{}}
	if step != "" {
		dimensions = [][]string{{"step"}}
		line = append(line, slog.String("step", step))
	}
	return append(line, slog.Any("_aws", map[string]any{
		"Timestamp":         time.Now().UnixMilli(), // the line's own timestamp is the wall clock's too
		"CloudWatchMetrics": []any{map[string]any{"Namespace": j.namespace, "Dimensions": dimensions, "Metrics": defined}},
	}))
}
