package gatewaytest

import (
	"context"
	"log/slog"
	"testing"
)

// alarm is a log that fails its test with what somebody would have to act on: a
// session that panicked costs one client, which a scenario may not look at.
type alarm struct{ t *testing.T }

// Enabled is slog.Handler's.
func (alarm) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// Handle is slog.Handler's.
func (a alarm) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(at slog.Attr) bool {
		text += " " + at.String()
		return true
	})
	a.t.Error(text)
	return nil
}

// WithAttrs is slog.Handler's.
func (a alarm) WithAttrs([]slog.Attr) slog.Handler { return a }

// WithGroup is slog.Handler's.
func (a alarm) WithGroup(string) slog.Handler { return a }
