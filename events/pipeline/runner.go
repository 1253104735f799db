package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"outcry/events/pipeline/poison"
)

// RunnerConfig joins pipelines with what they read and write.
type RunnerConfig struct {
	Pipelines []*Pipeline
	// Source gives the batches of a topic (raw.NewMessage), of each partition
	// one after the other: the next when the one before was acknowledged. A
	// batch that was not comes again, here or elsewhere.
	Source message.Subscriber
	Sink   Sink
	Poison Poison
	// History is needed for identities by key or field to survive a restart.
	History  History
	Observer Observer
	Logger   *slog.Logger
	Retry    Retry
	// CloseTimeout is how long batches that are under way may take when the
	// runner ends; default 15 s. They are told by their context at once.
	CloseTimeout time.Duration
}

// Retry bounds the pauses between tries of one batch. After the last try the
// batch is given back, and the Source brings it again: trouble that passes is
// never a reason to lose a message.
type Retry struct {
	// Pause before the second try, default 50 ms; it grows up to PauseMax, default 5 s.
	Pause, PauseMax time.Duration
	// Tries before a batch is given back; default 8.
	Tries int
}

func (r Retry) withDefaults() Retry {
	if r.Pause <= 0 {
		r.Pause = 50 * time.Millisecond
	}
	if r.PauseMax <= 0 {
		r.PauseMax = 5 * time.Second
	}
	if r.Tries <= 0 {
		r.Tries = 8
	}
	return r
}

// Observer is told what becomes of batches. Its funcs may be nil and must not block.
type Observer struct {
	// Settled batches are acknowledged; each message is counted once for each time it was.
	Settled func(pipeline string, s Settled)
	// Failed tries are made again.
	Failed func(pipeline string, err error)
}

// Settled tells of one batch.
type Settled struct {
	Counts
	// Took from its arrival, tries included.
	Took time.Duration
	// Lag is the age of its newest message, by the message's own time.
	Lag time.Duration
	// Behind is how many offsets of the partition come after it, where known.
	Behind int64
}

// Runner runs pipelines.
type Runner struct {
	config RunnerConfig
	router *message.Router
}

// NewRunner makes a Runner, which does nothing until Run.
func NewRunner(c RunnerConfig) (*Runner, error) {
	c.Retry = c.Retry.withDefaults()
	if c.CloseTimeout <= 0 {
		c.CloseTimeout = 15 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: c.CloseTimeout}, quiet{c.Logger})
	if err != nil {
		return nil, fmt.Errorf("making the router: %w", err)
	}
	r := &Runner{c, router}
	for _, p := range c.Pipelines {
		if err := r.add(p); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// add gives a pipeline its handler. The last resort stands outermost, retries
// inside it, and the recoverer innermost so that a panic is tried again, too.
func (r *Runner) add(p *Pipeline) error {
	h := &handler{runner: r, pipeline: p}
	lastResort, err := middleware.PoisonQueueWithFilter(lastResort{h}, poison.Topic, hopeless)
	if err != nil {
		return fmt.Errorf("making the poison queue: %w", err)
	}
	retry := middleware.Retry{MaxRetries: r.config.Retry.Tries - 1, InitialInterval: r.config.Retry.Pause,
		MaxInterval: r.config.Retry.PauseMax, Multiplier: 2, RandomizationFactor: 0.2,
		ShouldRetry: func(p middleware.RetryParams) bool { return !errors.Is(p.Err, ErrPermanent) }}
	c := p.Config()
	r.router.AddConsumerHandler(c.Name, c.Topic, r.config.Source, h.handle).
		AddMiddleware(lastResort, retry.Middleware, middleware.Recoverer)
	return nil
}

// Run handles batches until ctx ends, and returns when none is under way.
func (r *Runner) Run(ctx context.Context) error {
	if len(r.config.Pipelines) == 0 {
		<-ctx.Done()
		return nil
	}
	if err := r.router.Run(ctx); err != nil {
		return fmt.Errorf("running pipelines: %w", err)
	}
	if ctx.Err() == nil {
		return errors.New("running pipelines: all sources ended")
	}
	return nil
}

// Running is closed when all topics are subscribed.
func (r *Runner) Running() <-chan struct{} { return r.router.Running() }

// Reload reads the tables of all pipelines again. Those with a fault go on as they were.
func (r *Runner) Reload() error {
	var faults []error
	for _, p := range r.config.Pipelines {
		faults = append(faults, p.Reload())
	}
	return errors.Join(faults...)
}
