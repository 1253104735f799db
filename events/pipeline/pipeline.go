package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// Env is what pipelines are built with. Only its maker reads files.
type Env struct {
	// ReadFile gives a table's or definitions' bytes, of at most stage.TableBytesMax.
	ReadFile func(name string) ([]byte, error)
	// Accepted gives the definition that an instrument has; nil, nil where it
	// has none. An error is taken for trouble that passes. Nil: there are none.
	Accepted func(instrument string) (*outcryv1.Definition, error)
	// Custom are stages written in Go, by name.
	Custom map[string]stage.Maker
}

// Stages is what stages are built with.
func (e Env) Stages() stage.Env {
	return stage.Env{Custom: e.Custom, Table: func(name string) (*stage.Table, error) {
		text, err := e.read(name)
		if err != nil {
			return nil, err
		}
		return stage.ParseTable(name, text)
	}}
}

func (e Env) read(name string) ([]byte, error) {
	if e.ReadFile == nil {
		return nil, fmt.Errorf("file %s cannot be read here", name)
	}
	return e.ReadFile(name)
}

// Pipeline makes inputs of raw messages. Many goroutines may use it.
type Pipeline struct {
	config  Config
	env     Env
	current atomic.Pointer[loaded]
	lanes   lanes
}

// loaded is what a reload replaces.
type loaded struct {
	program *program
	given   map[string]*outcryv1.Definition
}

// New builds a pipeline, or tells all faults of its declaration.
func New(c Config, e Env) (*Pipeline, error) {
	p := &Pipeline{config: c.WithDefaults(), env: e}
	return p, p.Reload()
}

// Config is what is in effect.
func (p *Pipeline) Config() Config { return p.config }

// Reload reads tables and definitions again. On an error everything stays as it was.
func (p *Pipeline) Reload() error {
	next, err := p.config.load(p.env)
	if err != nil {
		return fmt.Errorf("pipeline %s: %w", p.config.Name, err)
	}
	if first := p.current.Swap(next) == nil; !first { // the definitions may be others now
		p.lanes.each(func(l *lane) { l.fields = nil })
	}
	return nil
}

// load builds what a declaration with its defaults says, or tells all faults.
func (c Config) load(e Env) (*loaded, error) {
	faults := c.faults()
	program, more := c.build(e.Stages())
	next := &loaded{program: program}
	if c.Definitions != "" {
		text, err := e.read(c.Definitions)
		if err == nil {
			next.given, err = feed.ReadDefinitions(bytes.NewReader(text), c.Definitions)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("definitions: %w", err))
		}
	}
	return next, errors.Join(append(faults, more...)...)
}

// prepare makes the batch's lane ready; it must be held.
func (p *Pipeline) prepare(l *lane, b *raw.Batch, now *loaded) error {
	if l.epoch != b.Epoch {
		l.epoch, l.next = b.Epoch, -1
		l.seen.forget()
	}
	l.seen.size = now.program.window
	if l.fields != nil {
		return nil
	}
	fields, err := feed.NewFields(feed.Options{Kind: p.config.Kind, Instrument: p.config.Instrument, TimeUnit: "ns",
		Mantissas: p.config.Format == raw.Protobuf, Definitions: p.definitions(now)})
	l.fields = fields
	return err
}

// Trace runs messages through all stages and gives their outcomes, telling of
// each stage on the way. Nothing is remembered of them.
func (p *Pipeline) Trace(b *raw.Batch, t Tracer) ([]Outcome, error) {
	now, l := p.current.Load(), &lane{}
	if err := p.prepare(l, b, now); err != nil {
		return nil, err
	}
	w := &work{program: now.program, lane: l, batch: b, trace: t}
	err := w.process()
	return w.outcomes, err
}

// History gives messages of a partition that go before an offset, as many as
// there are of the n before it.
type History interface {
	Before(ctx context.Context, topic string, partition int32, offset int64, n int) ([]raw.Message, error)
}

// recall fills the window of a partition that was just taken over, or of which
// something was handled elsewhere: only where the fold cannot tell the duplicates itself.
func (p *Pipeline) recall(ctx context.Context, l *lane, b *raw.Batch, now *loaded, h History) error {
	by := p.config.Identity.By
	if h == nil || by != byKey && by != byField || len(b.Messages) == 0 || b.Messages[0].Offset == l.next {
		return nil
	}
	before, err := h.Before(ctx, b.Topic, b.Partition, b.Messages[0].Offset, now.program.window)
	if err != nil {
		return fmt.Errorf("reading what goes before %s again: %w", b.Position(&b.Messages[0]), err)
	}
	l.seen.forget()
	past := *b
	past.Messages = before
	w := &work{program: now.program, lane: l, batch: &past}
	for i := range past.Messages {
		o, err := w.run(&past.Messages[i])
		if err != nil {
			return err
		}
		if o.Kind == Passed && o.id != 0 {
			l.seen.remember(o.id)
		}
	}
	l.fields = nil // it thinks that definitions were sent
	return p.prepare(l, b, now)
}
