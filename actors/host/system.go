package host

import (
	"context"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
)

// newSystem makes an actor system that logs through ours, and warnings only:
// Proto.Actor reports every start and dead letter.
func newSystem(log *slog.Logger) *actor.ActorSystem {
	quiet := slog.New(warnings{log.With("lib", "proto.actor").Handler()})
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }))
}

// warnings passes on what is a warning or worse. Loggers that are made from
// its logger keep that: an embedded WithAttrs alone would give the inner
// handler, and every start was told again.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
