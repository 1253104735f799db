// Package warnonly keeps a library's chatter out of our logs: host and pump
// each run a Proto.Actor system, which reports every start and dead letter. It
// stands beside the way of an event.
package warnonly

import (
	"context"
	"log/slog"
)

// Logger passes on what is a warning or worse. Loggers that are made from it
// keep that: an embedded WithAttrs alone would give the inner handler, and
// every start was told again.
func Logger(l *slog.Logger) *slog.Logger { return slog.New(handler{l.Handler()}) }

type handler struct{ slog.Handler }

// Enabled says no to all below a warning.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs stays as quiet.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup stays as quiet.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
