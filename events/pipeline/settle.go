package pipeline

import (
	"context"
	"fmt"

	"outcry/events/pipeline/raw"
	outcryv1 "outcry/proto/outcry/v1"
)

// settle brings a batch to its end: everything of it is in the log, left out
// on purpose, or in the poison topic when nil comes back. After an error the
// whole batch has to be settled again.
func (p *Pipeline) settle(ctx context.Context, b *raw.Batch, to destinations) (Counts, error) {
	return p.settleIn(ctx, p.lanes.of(b), b, to)
}

// Settle is for batches that come by no topic, such as the lines of a request:
// nothing is remembered from one to the next. What cannot pass is given to
// poison. Many goroutines may call it.
func (p *Pipeline) Settle(ctx context.Context, b *raw.Batch, sink Sink, poison Poison) (Counts, error) {
	return p.settleIn(ctx, &lane{}, b, destinations{sink: sink, poison: poison})
}

func (p *Pipeline) settleIn(ctx context.Context, l *lane, b *raw.Batch, to destinations) (c Counts, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := p.current.Load()
	if err := p.prepare(l, b, now); err != nil {
		return c, err
	}
	if err := p.recall(ctx, l, b, now, to.history); err != nil {
		return c, err
	}
	w := &work{program: now.program, lane: l, batch: b}
	if err = w.process(); err == nil {
		err = w.deliver(ctx, to.sink, &c)
	}
	if err == nil {
		err = w.bury(ctx, to.poison)
	}
	if err != nil {
		l.fields = nil // definitions may not have arrived
		return Counts{}, err
	}
	w.finish(&c)
	return c, nil
}

// destinations of what a batch holds.
type destinations struct {
	sink    Sink
	poison  Poison
	history History
}

// deliver hands what passed to the sink. What is refused turns into poison,
// and what was taken for its duplicate is tried in its stead.
func (w *work) deliver(ctx context.Context, sink Sink, c *Counts) error {
	which := func(int) bool { return true }
	for {
		if err := w.define(ctx, sink); err != nil {
			return err
		}
		refused := map[int]bool{}
		for _, r := range requests(w.outcomes, which) {
			if err := w.send(ctx, sink, r, c, refused); err != nil {
				return err
			}
		}
		again, err := w.revive(refused)
		if err != nil || len(again) == 0 {
			return err
		}
		which = func(i int) bool { return again[i] }
	}
}

// define sends definitions first, in a request of their own so that they are not counted.
func (w *work) define(ctx context.Context, sink Sink) error {
	if len(w.defined) == 0 {
		return nil
	}
	r := w.request(offsetEpoch(w.batch), w.defined)
	w.defined = nil
	if _, err := sink.Ingest(ctx, r, func(uint64, string) {}); err != nil {
		return fmt.Errorf("defining instruments: %w", err)
	}
	return nil // one that was refused makes its events be refused, who say so
}

func (w *work) request(epoch string, events []*outcryv1.IngestEvent) *outcryv1.IngestRequest {
	mode := outcryv1.Mode_MODE_LIVE
	if w.program.config.Mode == "import" {
		mode = outcryv1.Mode_MODE_IMPORT
	}
	return &outcryv1.IngestRequest{Source: w.program.config.Source, Epoch: epoch, Mode: mode, Events: events}
}

func (w *work) send(ctx context.Context, sink Sink, r *request, c *Counts, refused map[int]bool) error {
	here := 0
	v, err := sink.Ingest(ctx, w.request(r.epoch, r.events), func(line uint64, reason string) {
		if i := int(line) - 1; line > 0 && i < len(w.outcomes) && w.outcomes[i].Kind == Passed && !refused[i] {
			w.outcomes[i] = Outcome{Kind: Poisoned, Stage: "log", Reason: reason, id: w.outcomes[i].id}
			refused[i] = true
			here++
		}
	})
	if err != nil {
		return fmt.Errorf("appending %d events: %w", len(r.events), err)
	}
	if sum := v.Accepted + v.Duplicates + v.Late + here; sum != len(r.events) {
		// Nobody knows which: better the whole batch in the poison topic than one event lost.
		return fmt.Errorf("%w: the folds decided on %d of %d events: %+v", ErrPermanent, sum, len(r.events), v)
	}
	c.Out += v.Accepted
	c.Duplicates += v.Duplicates + v.Late
	c.Late += v.Late
	return nil
}

// revive runs messages again that were left out as duplicates of some which were refused since.
func (w *work) revive(refused map[int]bool) (again map[int]bool, err error) {
	if len(refused) == 0 {
		return nil, nil
	}
	for i := range refused {
		delete(w.pending, w.outcomes[i].id)
	}
	again = map[int]bool{}
	for i := range w.outcomes {
		if o := &w.outcomes[i]; o.Kind == Duplicate && o.first > 0 && refused[o.first-1] {
			if err := w.message(i); err != nil {
				return nil, err
			}
			if w.outcomes[i].Kind == Passed {
				again[i] = true
			}
		}
	}
	return again, nil
}

// finish counts, and remembers what is durable: never earlier, else a crash between would lose it.
func (w *work) finish(c *Counts) {
	c.In += len(w.outcomes)
	for i := range w.outcomes {
		switch o := &w.outcomes[i]; o.Kind {
		case Passed:
			if o.id != 0 {
				w.lane.seen.remember(o.id)
			}
		case Filtered:
			c.Filtered++
		case Duplicate:
			c.Duplicates++
		case Poisoned:
			c.Poisoned++
		}
	}
	w.lane.next = w.batch.Next()
}
