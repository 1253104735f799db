package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"outcry/events/pipeline/raw"
)

// handler of one pipeline's batches.
type handler struct {
	runner   *Runner
	pipeline *Pipeline
}

var errNoBatch = fmt.Errorf("%w: the message carries no batch", ErrPermanent)

func (h *handler) handle(m *message.Message) error {
	b := raw.Of(m)
	if b == nil {
		return errNoBatch
	}
	c := &h.runner.config
	begun := time.Now()
	counts, err := h.pipeline.settle(m.Context(), b, destinations{c.Sink, c.Poison, c.History})
	if err != nil {
		h.failed(m.Context(), err)
		return err
	}
	h.settled(b, counts, begun)
	return nil
}

func (h *handler) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // we are being stopped
	}
	c := &h.runner.config
	c.Logger.Warn("a batch could not be settled; it is tried again", "pipeline", h.pipeline.config.Name, "error", err)
	if c.Observer.Failed != nil {
		c.Observer.Failed(h.pipeline.config.Name, err)
	}
}

func (h *handler) settled(b *raw.Batch, counts Counts, begun time.Time) {
	if h.runner.config.Observer.Settled == nil {
		return
	}
	s := Settled{Counts: counts, Took: time.Since(begun)}
	if n := len(b.Messages); n > 0 && !b.Messages[n-1].Time.IsZero() {
		s.Lag = time.Since(b.Messages[n-1].Time)
	}
	if b.HighWater > 0 {
		s.Behind = b.HighWater - b.Next()
	}
	h.runner.config.Observer.Settled(h.pipeline.config.Name, s)
}

// hopeless errors are those after which a partition would stand still for ever.
func hopeless(err error) bool {
	var panicked middleware.RecoveredPanicError
	return errors.Is(err, ErrPermanent) || errors.As(err, &panicked)
}

// lastResort is the publisher of Watermill's poison queue: it takes a batch apart.
type lastResort struct{ *handler }

func (l lastResort) Publish(_ string, all ...*message.Message) error {
	for _, m := range all {
		b := raw.Of(m)
		if b == nil {
			continue // there is nothing in it
		}
		reason := m.Metadata.Get(middleware.ReasonForPoisonedKey)
		l.runner.config.Logger.Error("a batch cannot pass; it goes to the poison topic", "pipeline", l.pipeline.config.Name, "error", reason)
		begun := time.Now()
		counts, err := l.pipeline.surrender(m.Context(), b, reason, l.runner.config.Poison)
		if err != nil {
			return err
		}
		l.settled(b, counts, begun)
	}
	return nil
}

func (lastResort) Close() error { return nil }

// quiet leaves Watermill's chatter, and its word on errors that we have told
// already, to debugging.
type quiet struct{ log *slog.Logger }

func (q quiet) Error(msg string, err error, f watermill.LogFields) {
	level := slog.LevelWarn
	if msg == "Handler returned error" || msg == "All handlers stopped, closing router" {
		level = slog.LevelDebug
	}
	q.log.Log(context.Background(), level, "router: "+msg, "error", err, "fields", f)
}
func (q quiet) Info(msg string, f watermill.LogFields)           { q.log.Debug("router: "+msg, "fields", f) }
func (q quiet) Debug(string, watermill.LogFields)                {}
func (q quiet) Trace(string, watermill.LogFields)                {}
func (q quiet) With(watermill.LogFields) watermill.LoggerAdapter { return q }
