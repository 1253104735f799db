package pipeline

import (
	"context"
	"errors"

	"outcry/events"
	"outcry/events/pipeline/poison"
	outcryv1 "outcry/proto/outcry/v1"
)

// Sink takes events into the log.
type Sink interface {
	// Ingest returns when all events are durable and the folds decided on them.
	// refused is called before, for each that was refused, with its Line. No two
	// events of a request have the same id and sequence, except definitions,
	// which have none. On an error nothing is known; an error that Is
	// ErrPermanent comes again however often it is tried.
	Ingest(ctx context.Context, r *outcryv1.IngestRequest, refused func(line uint64, reason string)) (Verdicts, error)
}

// Verdicts of the folds on one request.
type Verdicts struct{ Accepted, Duplicates, Late, Refused int }

// ErrPermanent marks errors that no retry helps against.
var ErrPermanent = errors.New("cannot pass")

// Poison keeps what cannot pass. Put returns when all of it is durable. The
// same record may be put again, and is the same entry then.
type Poison interface {
	Put(ctx context.Context, records []poison.Record) error
}

// request holds events that go into the log together.
type request struct {
	epoch  string
	events []*outcryv1.IngestEvent
	seen   map[eventKey]struct{}
}

type eventKey struct {
	id  string
	seq uint64
}

// requests groups what passed: by epoch in the order of appearance, and so
// that no request holds two events that a refusal could not tell apart.
func requests(outcomes []Outcome, which func(i int) bool) []*request {
	var all []*request
	for i := range outcomes {
		o := &outcomes[i]
		if o.Kind == Passed && which(i) {
			all = place(all, o)
		}
	}
	return all
}

func place(all []*request, o *Outcome) []*request {
	k := eventKey{o.Event.Id, events.SourceSeqOf(o.Event)}
	for _, r := range all {
		if _, taken := r.seen[k]; r.epoch == o.Epoch && !taken {
			r.add(k, o.Event)
			return all
		}
	}
	r := &request{epoch: o.Epoch, seen: map[eventKey]struct{}{}}
	r.add(k, o.Event)
	return append(all, r)
}

func (r *request) add(k eventKey, ev *outcryv1.IngestEvent) {
	r.seen[k] = struct{}{}
	r.events = append(r.events, ev)
}
