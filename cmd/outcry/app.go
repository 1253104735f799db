package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"outcry/actors/host"
	"outcry/events"
	"outcry/events/pipeline"
	"outcry/gateways/command"
	"outcry/gateways/granted"
	"outcry/gateways/grpc"
	"outcry/gateways/identity"
	"outcry/gateways/identity/signin"
	"outcry/gateways/ingest"
	"outcry/gateways/pump"
	"outcry/gateways/reads"
	"outcry/gateways/session"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// app is one running node: the only place where the stages meet.
type app struct {
	config    *config
	log       events.Log
	store     projections.Store
	writer    *projections.Writer
	publisher *events.Publisher
	host      *host.Host
	reads     *reads.Reads
	granted   *granted.Granted // reads, as far as who asks may see
	gate      identity.Gate
	signin    *signin.Gate // gate, where people sign in; else nil
	revoked   *revocations // where people sign in; else nil
	pipelines map[string]*pipeline.Pipeline
	ingest    *ingest.Service
	commands  *command.Commander
	metrics   *metrics
	tracing   *tracing // nil: off
	sessions  *session.Sessions
	health    *grpc.Health
	pumps     atomic.Pointer[pump.Pumps]

	stopping   atomic.Bool // clients are to go elsewhere
	stopWriter context.CancelFunc
	unlock     func() error
	background sync.WaitGroup
}

// groupEvery is what a group of records gathers for while others are under way. At 200,000
// events/s and 16 partitions, 2 ms would save a tenth of the CPU and cost 1.5 ms of p50;
// without it records are so many that latencies rise again.
const groupEvery = time.Millisecond

// start opens log and store, restores the actors and lets them fold.
func start(ctx context.Context, c *config) (a *app, err error) {
	a = &app{config: c, metrics: newMetrics(), stopWriter: func() {}}
	defer func() {
		if err != nil {
			a.closeFiles()
		}
	}()
	if a.gate, a.signin, err = c.gate(a.recheck); err != nil {
		return a, err
	}
	if a.unlock, err = lockData(c.data); err != nil {
		return a, err
	}
	log, err := openLog(ctx, c, a.metrics)
	if err != nil {
		return a, err
	}
	if a.log, err = admit(c, log); err != nil {
		return a, errors.Join(err, log.Close())
	}
	if a.store, err = openStore(ctx, c, a.log.Lineage()); err != nil {
		return a, err
	}
	if err := keepSecondBars(ctx, c, a.store); err != nil {
		return a, err
	}
	a.writer = projections.NewWriter(a.store, projections.WriterConfig{QueueBytes: int(c.storeQueue), Observer: a.metrics.writer(c.logger)})
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stopWriter = stop
	a.background.Go(func() {
		if err := a.writer.Run(life); err != nil {
			c.logger.Error("rows were left unwritten; they are written again from the log", "error", err)
		}
	})
	a.publisher = events.NewPublisher(a.log, events.PublisherConfig{GroupEvery: groupEvery, Observer: a.metrics.publisher()})
	name, err := os.Hostname()
	if err != nil {
		return a, fmt.Errorf("asking for the host's name: %w", err)
	}
	if err := a.startTracing(ctx, life); err != nil {
		return a, err
	}
	a.host, err = host.Start(ctx, c.bench.host(host.Config{
		Log: a.log, Rows: a.rowWriter(), Checkpoints: a.store, Clocks: a.publisher, Writer: name, WithoutSecondBars: !c.secondBars,
		Flushed: a.flushed, Observer: a.metrics.host(), Logger: c.logger,
	}))
	if err != nil {
		return a, fmt.Errorf("starting the actors: %w", otherLog(c, err))
	}
	if err := remember(c, a.log, a.store); err != nil {
		return a, err
	}
	a.metrics.rows(a.rows)
	a.reads = reads.New(a.host, a.store)
	a.granted = granted.New(a.reads)
	a.commands = command.New(command.Config{Stream: a.publisher.Open(command.Source, "", outcryv1.Mode_MODE_LIVE),
		Rooms: a.host, Messages: a.reads, Limits: command.Limits{PerSession: c.limits.commands}, Budgets: c.limits.budgets(), Observer: a.tracing.commands(), Logger: c.logger})
	a.background.Go(func() {
		if err := a.commands.Run(life); err != nil {
			c.logger.Error("commands are not taken any more", "error", err)
		}
	})
	if err := a.makePipelines(); err != nil {
		return a, err
	}
	a.ingest = ingest.New(ingest.Config{Publisher: a.publisher, Folds: folds{a.host}, Pipelines: a.pipelines})
	return a, a.startEdge(life)
}

// drain says goodbye to all clients, and closes what is then left of connections.
func (a *app) drain(ctx context.Context, server *http.Server) error {
	a.health.Stop()
	requests := make(chan error, 1)
	go func() { requests <- server.Shutdown(ctx) }()
	// A stream of HTTP/2 whose client takes nothing ends with its connection only.
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // and once more below
	err := a.pumps.Load().Stop(ctx)
	a.sessions.Wait()
	if late := <-requests; late != nil {
		a.config.logger.Warn("requests were cut off that took longer than there was time for", "err", late)
	}
	return errors.Join(err, server.Close())
}

// stop ends everything in the order of an event's way, so that nothing is cut off half-way.
func (a *app) stop(ctx context.Context) error {
	err := a.pumps.Load().Stop(ctx)
	if errors.Is(err, pump.ErrStopped) { // after drain
		err = nil
	}
	a.sessions.Wait()
	return errors.Join(err, a.publisher.Close(ctx), a.host.Stop(ctx), a.closeFiles())
}

func (a *app) closeFiles() error {
	a.stopWriter()
	a.background.Wait()
	var errs []error
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.log != nil {
		errs = append(errs, a.log.Close())
	}
	if a.unlock != nil {
		errs = append(errs, a.unlock())
	}
	return errors.Join(errs...)
}

// folds shows the host to ingest.
type folds struct{ *host.Host }

func (f folds) AwaitFolded(p events.Position, done func(ingest.Counts, error)) {
	f.Host.AwaitFolded(p, func(c host.Counts, err error) {
		counts := ingest.Counts{Accepted: c.Accepted, Duplicates: c.Duplicates, Late: c.Late, Refused: c.Refused}
		for _, r := range c.Refusals {
			counts.Refusals = append(counts.Refusals, ingest.Refusal{Entity: r.Entity, SourceSeq: r.SourceSeq,
				Error: &outcryv1.Error{Code: r.Code, Text: r.Text, Retry: outcryv1.Retry_RETRY_NEVER}})
		}
		done(counts, err)
	})
}

// hashes shows the host to rpc.
type hashes struct{ *host.Host }

func (h hashes) Hashes(ctx context.Context, kind string, partition int32) (int64, map[string]string, error) {
	k, ok := events.KindOf(kind)
	if !ok {
		return 0, nil, fmt.Errorf("%w: kind %q is neither instrument nor room", ingest.ErrInvalid, kind)
	}
	offset, all, err := h.Host.Hashes(ctx, k, partition)
	text := make(map[string]string, len(all))
	for id, hash := range all {
		text[id] = hex.EncodeToString(hash[:])
	}
	return offset, text, err
}
