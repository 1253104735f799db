package binance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// Server takes the inputs: outcry's own, or a client of one.
type Server interface {
	Ingest(context.Context, *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error)
	Latest(context.Context, *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error)
}

// Options of whoever runs a feed. The zero value works.
type Options struct {
	// Notice is told what happens to connections and trades, from any goroutine.
	Notice func(Notice)
	// Final says of an error of Ingest that the same request would be refused again.
	Final func(error) bool
	// GiveUp is how long a first connection is tried for; 0: for ever.
	GiveUp time.Duration
	// SkipWrong goes on without symbols that the exchange does not have, with a
	// notice: one that was delisted must not cost the others at a server's next start.
	SkipWrong bool
}

// Feed follows the streams of one Config. Status may be asked from any goroutine.
type Feed struct {
	counters
	config  Config
	options Options
	server  Server
	plans   []plan
	rest    *rest // nil: none
	dial    dialer
	begun   time.Time
	ever    atomic.Bool // a message has come
	queue   chan queued
	told    int // refusals, by the sender

	definitions definitions
	resume      map[string]resume // by instrument
}

// finalError is what no other try changes.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// New makes a Feed. Its error is of the Config.
func New(c Config, server Server, o Options) (*Feed, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("feed binance: %w", err)
	}
	c = c.withDefaults()
	f := &Feed{config: c, options: o, server: server, plans: c.plan(), dial: dial, begun: time.Now(),
		queue: make(chan queued, c.Queue), definitions: definitions{}, resume: map[string]resume{}}
	if c.RestURL != "" {
		f.rest = &rest{base: c.RestURL, client: &http.Client{}}
	}
	return f, nil
}

// Run follows until ctx ends; what was read before is durable when it returns
// nil. Any other end is an error that a person must do something about.
func (f *Feed) Run(ctx context.Context) error {
	fresh, err := f.prepare(ctx)
	if err != nil {
		return endOf(ctx, err)
	}
	life, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sent := make(chan error, 1)
	go func() {
		err := f.send(life)
		sent <- err
		stop(err)
	}()
	err = f.follow(life, stop, fresh)
	close(f.queue)
	if lost := <-sent; lost != nil {
		return lost
	}
	return err
}

// follow runs the lines until all have ended.
func (f *Feed) follow(ctx context.Context, stop context.CancelCauseFunc, fresh []*outcryv1.IngestEvent) error {
	for _, ev := range fresh {
		if f.push(ctx, queued{ev, time.Now()}) != nil {
			return nil
		}
	}
	ended := make(chan error, len(f.plans))
	for _, p := range f.plans {
		l, err := f.line(p)
		if err != nil {
			return err
		}
		go func() {
			err := l.run(ctx)
			if err != nil {
				stop(err) // one that can't go on ends all: a feed without some symbols looks whole
			}
			ended <- err
		}()
	}
	var errs []error
	for range f.plans {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

func (f *Feed) line(p plan) (*line, error) {
	reader, err := feed.NewBinance(feed.Options{Venue: f.config.Venue, Definitions: f.definitions})
	if err != nil {
		return nil, err
	}
	l := &line{Feed: f, plan: p, reader: reader, tapes: map[string]*tape{}}
	for _, s := range f.config.Symbols {
		for _, kind := range f.config.Streams {
			t := &tape{kind: kind, symbol: s, instrument: f.config.instrument(s)}
			if t.trades() {
				t.last, t.newest = f.resume[t.instrument].id, f.resume[t.instrument].at
				t.resumed = t.last != 0
			}
			l.tapes[f.config.streamName(s, kind)] = t
		}
	}
	return l, nil
}

func (f *Feed) tell(n Notice) {
	if f.options.Notice != nil {
		f.options.Notice(n)
	}
}
