package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"

	"outcry/events/pipeline"
	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// Sink is where pipelines put their events.
func (s *Service) Sink() pipeline.Sink { return sink{s} }

type sink struct{ service *Service }

func (s sink) Ingest(ctx context.Context, r *outcryv1.IngestRequest, refused func(line uint64, reason string)) (v pipeline.Verdicts, err error) {
	answer, err := s.service.IngestEach(ctx, r, func(f *outcryv1.IngestRefusal) { refused(f.Line, f.Error.GetText()) })
	if errors.Is(err, ErrInvalid) {
		return v, fmt.Errorf("%w: %w", pipeline.ErrPermanent, err)
	}
	if err != nil {
		return v, err
	}
	return pipeline.Verdicts{Accepted: int(answer.Accepted), Duplicates: int(answer.Duplicates),
		Late: int(answer.Late), Refused: int(answer.Refused)}, nil
}

// linesMax of a body go through a pipeline together.
const linesMax = 5000

// through sends a body through a pipeline, a message a line.
func (s *Service) through(r *http.Request, name string, body io.Reader) (*outcome, error) {
	p := s.pipelines[name]
	switch {
	case p == nil:
		return nil, fmt.Errorf("%w: there is no pipeline %q", ErrInvalid, name)
	case p.Config().Format != raw.JSON:
		return nil, fmt.Errorf("%w: pipeline %s takes %s, which has no lines; send it to its topic", ErrInvalid, name, p.Config().Format)
	}
	t := &throughPipeline{service: s, pipeline: p, ctx: r.Context(), out: &outcome{},
		batch: &raw.Batch{Topic: "body", Epoch: r.Header.Get("Idempotency-Key")}}
	if t.batch.Epoch == "" {
		t.batch.Epoch = rand.Text()
	}
	if len(t.batch.Epoch) > maxName/2 {
		return nil, fmt.Errorf("%w: the Idempotency-Key is longer than %d bytes", ErrInvalid, maxName/2)
	}
	err := feed.EachLine(body, t.line)
	if err == nil {
		err = t.settle()
	}
	return t.out, t.fault(err)
}

// throughPipeline is one body on its way. Its context is the request's.
type throughPipeline struct {
	service  *Service
	pipeline *pipeline.Pipeline
	ctx      context.Context
	batch    *raw.Batch
	bytes    int
	out      *outcome
	failed   bool // the log's fault, not the body's
}

func (t *throughPipeline) line(n uint64, line string, fault error) error {
	if fault != nil {
		t.refuse(n, fault.Error())
		return nil
	}
	t.batch.Messages = append(t.batch.Messages, raw.Message{Offset: int64(n - 1), Value: []byte(line)})
	if t.bytes += len(line); len(t.batch.Messages) < linesMax && t.bytes < maxBody {
		return nil
	}
	return t.settle()
}

func (t *throughPipeline) settle() error {
	c, err := t.pipeline.Settle(t.ctx, t.batch, t.service.Sink(), t)
	if err != nil {
		t.failed = true
		return err
	}
	t.out.Accepted += uint64(c.Out)
	t.out.Duplicates += uint64(c.Duplicates - c.Late)
	t.out.Late += uint64(c.Late)
	t.out.Filtered += uint64(c.Filtered)
	t.batch.Messages, t.bytes = nil, 0
	return nil
}

// Put implements pipeline.Poison: here the sender is told at once.
func (t *throughPipeline) Put(_ context.Context, records []poison.Record) error {
	for i := range records {
		t.refuse(uint64(records[i].Message.Offset)+1, records[i].Stage+": "+records[i].Reason)
	}
	return nil
}

func (t *throughPipeline) refuse(line uint64, reason string) {
	t.out.Refused++
	t.out.name(refused{Line: line, Code: outcryv1.ErrorCode_ERROR_CODE_INVALID.String(), Error: reason})
}

// fault says whose it is.
func (t *throughPipeline) fault(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || errors.As(err, &tooLarge) || t.failed && !errors.Is(err, pipeline.ErrPermanent):
		return err
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
