package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Bounds of one request.
const (
	MaxEvents   = 50_000
	maxRefusals = 100
	maxName     = 128 // bytes of a source, an epoch, a user
	maxText     = 64 << 10
)

// ErrInvalid marks requests that are refused as a whole.
var ErrInvalid = errors.New("invalid request")

// Refusal of one input, named by its source sequence.
type Refusal struct {
	Entity    string
	SourceSeq uint64
	Error     *outcryv1.Error
}

// Counts is what folding one record decided.
type Counts struct {
	Accepted, Duplicates, Late, Refused uint64
	Refusals                            []Refusal
}

// Folds tells what became of a durable record; done is called once, perhaps in an actor's turn.
type Folds interface {
	AwaitFolded(p events.Position, done func(Counts, error))
}

// Config of a Service.
type Config struct {
	Publisher *events.Publisher
	Folds     Folds
	// Requests under way at once; default 8.
	Requests int
}

// Service takes requests from many goroutines.
type Service struct {
	publisher *events.Publisher
	folds     Folds
	turns     chan struct{}
}

// New makes a Service.
func New(c Config) *Service {
	if c.Requests == 0 {
		c.Requests = 8
	}
	return &Service{publisher: c.Publisher, folds: c.Folds, turns: make(chan struct{}, c.Requests)}
}

// Ingest appends the inputs of a request in order and waits until they are folded.
func (s *Service) Ingest(ctx context.Context, r *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error) {
	if err := validate(r); err != nil {
		return nil, err
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	answer := &outcryv1.IngestResponse{}
	for events := range slices.Chunk(r.Events, streamEvents) {
		if err := s.stream(ctx, r, events, answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// streamEvents go through one stream, which has words for so many: 65,535, of which an event has two at most.
const streamEvents = 32_000

func (s *Service) stream(ctx context.Context, r *outcryv1.IngestRequest, events []*outcryv1.IngestEvent, answer *outcryv1.IngestResponse) error {
	b := batch{stream: s.publisher.Open(r.Source, r.Epoch, r.Mode), answer: answer}
	for _, ev := range events {
		if err := b.add(ctx, ev); err != nil {
			return fmt.Errorf("appending the input of line %d: %w", ev.Line, err)
		}
	}
	positions, err := b.stream.Flush(ctx)
	if err != nil {
		return fmt.Errorf("appending to the log: %w", err)
	}
	if err := s.await(ctx, positions, answer, lines(events)); err != nil {
		return fmt.Errorf("waiting for the fold: %w", err)
	}
	return nil
}

func validate(r *outcryv1.IngestRequest) error {
	switch {
	case r.Source == "" || len(r.Source) > maxName || len(r.Epoch) > maxName:
		return fmt.Errorf("%w: source must have 1 to %d bytes, epoch at most %d", ErrInvalid, maxName, maxName)
	case len(r.Events) > MaxEvents:
		return fmt.Errorf("%w: %d events, at most %d are taken at once", ErrInvalid, len(r.Events), MaxEvents)
	case r.Mode != outcryv1.Mode_MODE_LIVE && r.Mode != outcryv1.Mode_MODE_IMPORT:
		return fmt.Errorf("%w: mode must be MODE_LIVE or MODE_IMPORT", ErrInvalid)
	}
	return nil
}

// await adds up what became of the records.
func (s *Service) await(ctx context.Context, positions []events.Position, answer *outcryv1.IngestResponse, lines map[inputKey]uint64) error {
	type result struct {
		counts Counts
		err    error
	}
	results := make(chan result, len(positions)) // so that a fold never waits for us
	for _, p := range positions {
		s.folds.AwaitFolded(p, func(c Counts, err error) { results <- result{c, err} })
	}
	for range positions {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-results:
			if r.err != nil {
				return r.err
			}
			answer.Accepted += r.counts.Accepted
			answer.Duplicates += r.counts.Duplicates
			answer.Late += r.counts.Late
			answer.Refused += r.counts.Refused
			for _, f := range r.counts.Refusals {
				name(answer, lines[inputKey{f.Entity, f.SourceSeq}], f.Entity, f.Error)
			}
		}
	}
	return nil
}

// inputKey finds the line of an input that was refused.
type inputKey struct {
	entity string
	seq    uint64
}

func lines(events []*outcryv1.IngestEvent) map[inputKey]uint64 {
	m := make(map[inputKey]uint64, len(events))
	for _, ev := range events {
		m[inputKey{ev.Id, sourceSeq(ev)}] = ev.Line
	}
	return m
}

func sourceSeq(ev *outcryv1.IngestEvent) uint64 {
	switch e := ev.Event.(type) {
	case *outcryv1.IngestEvent_Quote:
		return e.Quote.GetSourceSeq()
	case *outcryv1.IngestEvent_Trade:
		return e.Trade.GetSourceSeq()
	case *outcryv1.IngestEvent_Tape:
		return e.Tape.GetSourceSeq()
	case *outcryv1.IngestEvent_Room:
		return e.Room.GetSourceSeq()
	}
	return 0
}

// name puts a refusal into the answer while there is room.
func name(answer *outcryv1.IngestResponse, line uint64, id string, err *outcryv1.Error) {
	if len(answer.Refusals) < maxRefusals {
		answer.Refusals = append(answer.Refusals, &outcryv1.IngestRefusal{Line: line, Id: id, Error: err})
	}
}
