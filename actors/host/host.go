package host

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/events"
	"outcry/internal/warnonly"
)

// Host runs the shards of this node.
type Host struct {
	config     Config
	system     *actor.ActorSystem
	actors     map[events.Kind][]*shardActor // by partition
	facades    facades
	unready    atomic.Int64
	ready      chan struct{}
	failed     chan error
	stopRead   context.CancelFunc
	stopAll    context.CancelFunc
	readers    sync.WaitGroup
	background sync.WaitGroup // flush ticks, checkpoints on their way and catch-ups
	catchUps   chan struct{}  // holds a token for the one catch-up that folds
	stop       struct {
		once sync.Once
		err  error
	}
}

// Start restores every shard from its newest usable checkpoint and begins to
// fold the log. It returns when all are restored; Ready tells when they have
// reached the head that the log had at start. ctx is for the start alone; Stop
// ends a Host. A log that is not the one that was folded is an error.
func Start(ctx context.Context, c Config) (*Host, error) {
	h := &Host{config: c.withDefaults(), actors: map[events.Kind][]*shardActor{}, ready: make(chan struct{}), failed: make(chan error, 1), catchUps: make(chan struct{}, 1)}
	life, stopAll := context.WithCancel(context.WithoutCancel(ctx))
	reading, stopRead := context.WithCancel(life)
	h.stopAll, h.stopRead = stopAll, stopRead
	all, err := h.restore(ctx, life)
	if err == nil {
		h.system = newSystem(h.config.Logger)
		h.facades.init(h.system)
		err = h.spawn(all)
	}
	if err != nil {
		h.endActors()
		stopAll()
		return nil, err
	}
	for _, a := range all {
		from := a.shard.at(a.next)
		h.readers.Go(func() {
			if err := read(reading, h.config.Log, from, a.box); err != nil {
				a.box.tell(task(func(a *shardActor) { a.fail(err) }))
			}
		})
	}
	h.background.Go(func() { h.flushTicks(life, all) })
	return h, nil
}

func newSystem(log *slog.Logger) *actor.ActorSystem {
	quiet := warnonly.Logger(log.With("lib", "proto.actor"))
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }))
}

// restore makes all shards, as many at a time as there are processors.
func (h *Host) restore(ctx, life context.Context) ([]*shardActor, error) {
	var all []*shardActor
	for _, kind := range events.Kinds() {
		for partition := range h.config.Log.Partitions(kind) {
			a := h.newActor(life, newShard(&h.config, kind, int32(partition)))
			h.actors[kind] = append(h.actors[kind], a)
			all = append(all, a)
		}
	}
	h.unready.Store(int64(len(all)))
	var group sync.WaitGroup
	errs := make([]error, len(all))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, a := range all {
		slots <- struct{}{}
		group.Go(func() {
			errs[i] = a.restore(ctx)
			<-slots
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (h *Host) newActor(life context.Context, s *shard) *shardActor {
	s.effects = newEffects(adding(h.config.Rows)) // until it is ready, see reached
	return &shardActor{
		ctx: life, config: &h.config, log: s.log, shard: s, background: &h.background, catchUps: h.catchUps,
		waiting: awaits{}, finished: make(chan struct{}),
		onHead: func() {
			if h.unready.Add(-1) == 0 {
				close(h.ready)
			}
		},
		onFail: func(err error) {
			select {
			case h.failed <- err:
			default: // an earlier failure is told
			}
		},
	}
}

// restore brings the shard to its checkpoint and notes where it reads on.
func (a *shardActor) restore(ctx context.Context) error {
	if err := a.shard.restore(ctx); err != nil {
		return err
	}
	_, next, err := a.config.Log.Bounds(a.shard.kind, a.shard.partition)
	if err != nil {
		return fmt.Errorf("reading the bounds of %s/%d: %w", a.shard.kind, a.shard.partition, err)
	}
	a.head, a.next = next-1, a.shard.offset+1
	return nil
}

func (h *Host) spawn(all []*shardActor) error {
	for _, a := range all {
		name := fmt.Sprintf("shard/%s/%d", a.shard.kind, a.shard.partition)
		a.box = &mailbox{root: h.system.Root, pid: h.system.NewLocalPID(name)}
		if _, err := h.system.Root.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return a }), name); err != nil {
			return fmt.Errorf("spawning %s: %w", name, err)
		}
	}
	return nil
}

// flushTicks makes every shard flush, one after the other within FlushEvery: all at
// once would hold up every record for as long as all of them take. A shard that has
// not come to its last one is left out.
func (h *Host) flushTicks(ctx context.Context, all []*shardActor) {
	ticker := time.NewTicker(max(h.config.FlushEvery/time.Duration(len(all)), 1))
	defer ticker.Stop()
	for i := 0; ; i = (i + 1) % len(all) {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if box := all[i].box; box.flushing.CompareAndSwap(false, true) {
				box.tell(task((*shardActor).flush))
			}
		}
	}
}

// Ready is closed when every shard has reached the head of the start.
func (h *Host) Ready() <-chan struct{} { return h.ready }

// Failed gives the first failure that stopped a shard (a log that is not the
// one folded, say). The other shards go on; Stop ends them.
func (h *Host) Failed() <-chan error { return h.failed }

// Stop checkpoints every shard at what it has folded, waits until that is
// stored and ends all. Questions still waiting are answered with ErrStopped.
// When ctx ends first, the checkpoints under way are given up and its error
// comes back: the next start folds more of the log. Shards that failed are not
// checkpointed. Later calls give the first one's error.
func (h *Host) Stop(ctx context.Context) error {
	h.stop.once.Do(func() { h.stop.err = h.end(ctx) })
	return h.stop.err
}

func (h *Host) end(ctx context.Context) (err error) {
	h.stopRead()
	h.readers.Wait()
	for _, all := range h.actors {
		for _, a := range all {
			a.box.close()
			a.box.tell(task((*shardActor).finish))
		}
	}
	for _, all := range h.actors {
		for _, a := range all {
			select {
			case <-a.finished:
			case <-ctx.Done():
				err = fmt.Errorf("waiting for the last checkpoints: %w", ctx.Err())
			}
		}
	}
	h.stopAll()
	h.endActors() // first: a shard that comes to its end only now still begins a checkpoint
	h.background.Wait()
	return err
}

// endActors stops what runs in the actor system; nothing reaches a mailbox after.
func (h *Host) endActors() {
	for _, all := range h.actors {
		for _, a := range all {
			if a.box != nil {
				a.box.end()
				_ = h.system.Root.StopFuture(a.box.pid).Wait()
			}
		}
	}
	if h.system != nil {
		h.system.Shutdown()
	}
}
