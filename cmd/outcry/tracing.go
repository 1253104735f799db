package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"outcry/actors/host"
	"outcry/gateways/command"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Bounds of what is followed at a time.
const (
	tracedPosts  = 1024             // more are not traced
	tracedFor    = 10 * time.Second // after that a post's rows and pushes are not looked for
	tracedPushes = 16               // of one post, to as many sessions
)

// tracing follows commands from their arrival to the clients that get what came
// of them, and makes OpenTelemetry's spans of it. A record holds the commands of
// many, so what belongs together is found by the client message id, which goes
// all the way. Ticks are not followed. Nil is off.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	open     atomic.Int32 // as many as there are posts, to look at without the lock
	mu       struct {
		sync.Mutex
		posts map[[16]byte]*tracedPost
	}
}

// tracedPost is one command under way.
type tracedPost struct {
	context        context.Context // of its root span
	root           trace.Span
	began, durable time.Time
	answered       time.Time
	rows           bool // were handed over
	pushes         int
}

// startTracing sends spans where the settings say; nil where they say nowhere.
func startTracing(ctx context.Context, c *config) (*tracing, error) {
	t := &c.telemetry
	sampler := sdktrace.WithSampler(sdktrace.TraceIDRatioBased(float64(t.sample) / 100))
	switch {
	case c.spans != nil:
		return newTracing(sdktrace.WithSyncer(c.spans), sampler), nil
	case t.endpoint == "":
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(t.endpoint))
	if err != nil {
		return nil, fmt.Errorf("sending traces to %s: %w", t.endpoint, err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { c.logger.Warn("traces could not be sent", "error", err) }))
	return newTracing(sdktrace.WithBatcher(exporter), sampler), nil
}

func newTracing(options ...sdktrace.TracerProviderOption) *tracing {
	about := resource.NewSchemaless(attribute.String("service.name", "outcry"), attribute.String("service.version", version))
	t := &tracing{provider: sdktrace.NewTracerProvider(append(options, sdktrace.WithResource(about))...)}
	t.tracer = t.provider.Tracer("outcry")
	t.mu.posts = map[[16]byte]*tracedPost{}
	return t
}

// run forgets what is over until ctx ends, and sends the last spans then.
func (t *tracing) run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			t.sweep(now)
		case <-ctx.Done():
			t.sweep(time.Now().Add(tracedFor))
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return t.provider.Shutdown(last)
		}
	}
}

func (t *tracing) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, p := range t.mu.posts {
		if now.Sub(p.began) >= tracedFor {
			p.root.End() // where no answer did
			t.forget(id)
		}
	}
}

// forget is called with the lock held.
func (t *tracing) forget(id [16]byte) {
	delete(t.mu.posts, id)
	t.open.Store(int32(len(t.mu.posts)))
}

// commands observes their way.
func (t *tracing) commands() command.Observer {
	if t == nil {
		return command.Observer{}
	}
	return command.Observer{Received: t.received, Durable: t.isDurable, Answered: t.isAnswered}
}

func (t *tracing) received(user, room string, id [16]byte) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.posts[id] != nil || len(t.mu.posts) >= tracedPosts {
		return
	}
	ctx, root := t.tracer.Start(context.Background(), "command", trace.WithTimestamp(now), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("outcry.room", room), attribute.String("outcry.user", user), attribute.String("outcry.client_msg_id", fmt.Sprintf("%x", id))))
	if root.IsRecording() {
		t.mu.posts[id] = &tracedPost{context: ctx, root: root, began: now}
		t.open.Store(int32(len(t.mu.posts)))
	}
}

// follow does something with a post that is traced.
func (t *tracing) follow(id []byte, do func(p *tracedPost, now time.Time)) {
	if t.open.Load() == 0 || len(id) != 16 {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.mu.posts[[16]byte(id)]; p != nil {
		do(p, now)
	}
}

func (t *tracing) isDurable(id [16]byte) {
	t.follow(id[:], func(p *tracedPost, now time.Time) {
		t.span(p, "append", p.began, now)
		p.durable = now
	})
}

func (t *tracing) isAnswered(id [16]byte, a *outcryv1.Answer) {
	t.follow(id[:], func(p *tracedPost, now time.Time) {
		if !p.durable.IsZero() {
			t.span(p, "fold", p.durable, now)
		}
		p.answered = now
		p.root.SetAttributes(attribute.String("outcry.outcome", a.GetOutcome().String()), attribute.Int64("outcry.seq", int64(a.GetSeq())))
		if e := a.GetError(); e != nil {
			p.root.SetAttributes(attribute.String("outcry.error", e.GetCode().String()))
		}
		p.root.End(trace.WithTimestamp(now))
		if a.GetError() != nil {
			t.forget(id) // nobody gets anything of it
		}
	})
}

// pushed is told of a change of a room that was framed for a session.
func (t *tracing) pushed(session string, m *outcryv1.Message) {
	t.follow(m.GetClientMsgId(), func(p *tracedPost, now time.Time) {
		if p.pushes++; p.pushes <= tracedPushes {
			t.span(p, "push", p.since(p.durable), now, attribute.String("outcry.session", session), attribute.Int64("outcry.seq", int64(m.GetSeq())))
		}
	})
}

// handed is told of rows on their way to the store.
func (t *tracing) handed(rows *projections.Rows) {
	for _, m := range rows.Messages {
		t.follow(m.GetClientMsgId(), func(p *tracedPost, now time.Time) {
			if !p.rows {
				p.rows = true
				t.span(p, "rows", p.since(p.answered), now)
			}
		})
	}
}

// since is a time, or the beginning where that has not come: readers of the log
// may be quicker than who waits for it.
func (p *tracedPost) since(at time.Time) time.Time {
	if at.IsZero() {
		return p.began
	}
	return at
}

func (t *tracing) span(p *tracedPost, name string, from, to time.Time, about ...attribute.KeyValue) {
	_, s := t.tracer.Start(p.context, name, trace.WithTimestamp(from), trace.WithAttributes(about...))
	s.End(trace.WithTimestamp(to))
}

// tracedRows tells tracing of the rows that the host hands over.
type tracedRows struct {
	*projections.Writer
	tracing *tracing
}

// Offer is for the host.
func (r tracedRows) Offer(rows *projections.Rows) (bool, error) {
	r.tracing.handed(rows)
	return r.Writer.Offer(rows)
}

// startTracing begins to trace where the settings say so.
func (a *app) startTracing(ctx, life context.Context) (err error) {
	if a.tracing, err = startTracing(ctx, a.config); err != nil || a.tracing == nil {
		return err
	}
	a.background.Go(func() {
		if err := a.tracing.run(life); err != nil {
			a.config.logger.Warn("the last traces could not be sent", "error", err)
		}
	})
	return nil
}

// rowWriter is what the host hands its rows to.
func (a *app) rowWriter() host.RowWriter {
	if a.tracing == nil {
		return a.writer
	}
	return tracedRows{a.writer, a.tracing}
}

// pushes is what sessions tell of; nil where nobody listens.
func (t *tracing) pushes() func(session string, m *outcryv1.Message) {
	if t == nil {
		return nil
	}
	return t.pushed
}
