package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gopkg.in/yaml.v3"

	"outcry/gateways/feeds/binance"
	"outcry/gateways/ingest"
	"outcry/gateways/reads"
)

func init() { sections["feeds"] = takeFeeds }

// feedSetting is an entry of feeds: in outcry.yaml: a live source that the server follows by itself.
type feedSetting struct {
	// Kind of source: binance is the only one so far.
	Kind    string         `yaml:"kind"`
	Binance binance.Config `yaml:",inline"`
}

// mostFeeds of one server.
const mostFeeds = 32

func takeFeeds(c *config, node *yaml.Node, path string) (faults []error) {
	if node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.SequenceNode || len(node.Content) > mostFeeds {
		return []error{fmt.Errorf("%s:%d: feeds: a list of at most %d feeds is wanted", path, node.Line, mostFeeds)}
	}
	if faults = decodeSection(path, node, &c.feeds); len(faults) > 0 {
		return faults
	}
	for i, f := range c.feeds {
		for _, err := range f.faults() {
			faults = append(faults, fmt.Errorf("%s:%d: feeds: %w", path, node.Content[i].Line, err))
		}
	}
	return faults
}

func (f feedSetting) faults() []error {
	if f.Kind != "binance" {
		return []error{fmt.Errorf("kind %q: there is binance", f.Kind)}
	}
	err := f.Binance.Validate()
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // what errors.Join gives itself
		return many.Unwrap()
	}
	return nil
}

// runningFeed is one that the server follows; the Feed is another after each start.
type runningFeed struct {
	name string
	now  atomic.Pointer[binance.Feed]
}

// feedRetry is how long after a feed that ended it is started again.
const feedRetry = time.Minute

// startFeeds follows all feeds of the config. stop ends them and waits until what they have read is durable.
func (a *app) startFeeds(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	var running []*runningFeed
	for i, s := range a.config.feeds {
		r := &runningFeed{name: fmt.Sprintf("%s-%d", s.Kind, i+1)}
		running = append(running, r)
		work.Go(func() { a.follow(ctx, r, s) })
	}
	if len(running) > 0 {
		a.metrics.registry.MustRegister(feedMetrics(running))
	}
	return func() {
		cancel()
		work.Wait()
	}
}

// follow one feed until ctx ends. One that can't go on costs no other, and nothing of the server.
func (a *app) follow(ctx context.Context, r *runningFeed, s feedSetting) {
	log := a.config.logger.With("feed", r.name)
	for {
		f, err := binance.New(s.Binance, feedServer{a.ingest, a.reads}, binance.Options{SkipWrong: true,
			Notice: func(n binance.Notice) { log.Log(ctx, feedLevel(n.Kind), n.Text, "kind", n.Kind) },
			Final:  func(err error) bool { return errors.Is(err, ingest.ErrInvalid) }})
		if err == nil {
			r.now.Store(f)
			err = f.Run(ctx)
		}
		if ctx.Err() != nil {
			if err != nil {
				log.Warn("a feed was stopped before all that it had read was durable", "error", err)
			}
			return
		}
		log.Error("a feed ended; it is started again", "error", err, "after", feedRetry)
		select {
		case <-ctx.Done():
			return
		case <-time.After(feedRetry):
		}
	}
}

// feedServer is this server, as a feed sees it.
type feedServer struct {
	*ingest.Service
	*reads.Reads
}

// feedLevel of a notice: what is lost or must be mended stands out.
func feedLevel(kind string) slog.Level {
	switch kind {
	case "connected", "renewed", "filled", "server":
		return slog.LevelInfo
	case "wrong":
		return slog.LevelError
	}
	return slog.LevelWarn
}
