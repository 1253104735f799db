package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"outcry/events"
	"outcry/events/pipeline"
	"outcry/gateways/identity"
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
	// Pipelines that bodies may go through, by name.
	Pipelines map[string]*pipeline.Pipeline
}

// Service takes requests from many goroutines.
type Service struct {
	publisher *events.Publisher
	folds     Folds
	turns     chan struct{}
	pipelines map[string]*pipeline.Pipeline
}

// New makes a Service.
func New(c Config) *Service {
	if c.Requests == 0 {
		c.Requests = 8
	}
	return &Service{publisher: c.Publisher, folds: c.Folds, turns: make(chan struct{}, c.Requests), pipelines: c.Pipelines}
}

// Ingest appends the inputs of a request in order and waits until they are
// folded. What is not granted (ingest) to who asks by ctx (identity.From) is refused, input by input. The answer names the first 100 refusals.
func (s *Service) Ingest(ctx context.Context, r *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error) {
	var named []*outcryv1.IngestRefusal
	answer, err := s.ingest(ctx, r, slices.Chunk(r.Events, streamEvents), func(f *outcryv1.IngestRefusal) {
		if len(named) < maxRefusals {
			named = append(named, f)
		}
	})
	if err == nil {
		answer.Refusals = named
	}
	return answer, err
}

// IngestEach is Ingest for callers that must hear of every refusal. refused is
// called from this goroutine, before IngestEach returns. Inputs of one entity
// with the same sequence can't be told apart by it.
//
// The actors name at most 100 refusals of a record, so no more inputs of a
// partition go into the log at once: that makes it the slower way.
func (s *Service) IngestEach(ctx context.Context, r *outcryv1.IngestRequest, refused func(*outcryv1.IngestRefusal)) (*outcryv1.IngestResponse, error) {
	return s.ingest(ctx, r, s.narrow(r.Events), refused)
}

func (s *Service) ingest(ctx context.Context, r *outcryv1.IngestRequest, chunks iter.Seq[[]*outcryv1.IngestEvent], refused func(*outcryv1.IngestRefusal)) (*outcryv1.IngestResponse, error) {
	if err := validate(r); err != nil {
		return nil, err
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	answer := &verdicts{IngestResponse: &outcryv1.IngestResponse{}, refused: refused}
	for events := range chunks {
		if err := s.stream(ctx, r, events, answer); err != nil {
			return nil, err
		}
	}
	return answer.IngestResponse, nil
}

// verdicts add up while refusals are told.
type verdicts struct {
	*outcryv1.IngestResponse
	refused func(*outcryv1.IngestRefusal)
}

func (v *verdicts) name(line uint64, id string, err *outcryv1.Error) {
	v.refused(&outcryv1.IngestRefusal{Line: line, Id: id, Error: err})
}

// streamEvents go through one stream, which has words for so many: 65,535, of which an event has two at most.
const streamEvents = 32_000

func (s *Service) stream(ctx context.Context, r *outcryv1.IngestRequest, events []*outcryv1.IngestEvent, answer *verdicts) error {
	b := batch{who: identity.From(ctx), stream: s.publisher.Open(r.Source, r.Epoch, r.Mode), answer: answer}
	for _, ev := range events {
		if err := b.add(ctx, ev); err != nil {
			return fmt.Errorf("appending the input of line %d: %w", ev.Line, err)
		}
	}
	positions, err := b.stream.Flush(ctx)
	if err != nil {
		return fmt.Errorf("appending to the log: %w", err)
	}
	if err := s.await(ctx, positions, answer, sync.OnceValue(func() inputLines { return linesOf(events) })); err != nil {
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
func (s *Service) await(ctx context.Context, positions []events.Position, answer *verdicts, lines func() inputLines) error {
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
				for _, line := range lines().of(f) {
					answer.name(line, f.Entity, f.Error)
				}
			}
		}
	}
	return nil
}
