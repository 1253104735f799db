package pipeline

import (
	"context"
	"fmt"

	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
)

// bury writes what cannot pass to the poison topic.
func (w *work) bury(ctx context.Context, to Poison) error {
	var records []poison.Record
	for i := range w.outcomes {
		if o := &w.outcomes[i]; o.Kind == Poisoned {
			records = append(records, w.record(i, o.Stage, o.Reason, ReplayIdentity(w.batch, &w.batch.Messages[i])))
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := to.Put(ctx, records); err != nil {
		return fmt.Errorf("writing %d messages to %s: %w", len(records), poison.Topic, err)
	}
	return nil
}

func (w *work) record(i int, at, reason, identity string) poison.Record {
	return poison.Record{Topic: w.batch.Topic, Partition: w.batch.Partition, Message: w.batch.Messages[i],
		Pipeline: w.program.config.Name, Stage: at, Reason: reason, Identity: identity}
}

// surrender writes everything of a batch that might not be in the log to the
// poison topic, after an error that no retry helps against. What is in the log
// all the same keeps its identity, so that its replay is a duplicate.
func (p *Pipeline) surrender(ctx context.Context, b *raw.Batch, reason string, to Poison) (c Counts, err error) {
	l := p.lanes.of(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := p.current.Load()
	l.fields = nil
	if err := p.prepare(l, b, now); err != nil {
		return c, err
	}
	w := &work{program: now.program, lane: l, batch: b}
	if err := w.process(); err != nil {
		return c, err
	}
	l.fields = nil
	var records []poison.Record
	for i := range w.outcomes {
		switch o := &w.outcomes[i]; o.Kind {
		case Passed:
			records = append(records, w.record(i, "log", reason, identityHeader(o)))
			*o = Outcome{Kind: Poisoned}
		case Poisoned:
			records = append(records, w.record(i, o.Stage, o.Reason, ReplayIdentity(b, &b.Messages[i])))
		}
	}
	if err := to.Put(ctx, records); err != nil {
		return c, fmt.Errorf("writing %d messages to %s: %w", len(records), poison.Topic, err)
	}
	w.finish(&c)
	return c, nil
}
