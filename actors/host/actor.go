package host

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// task is a message that is not a record: it runs in the shard's turn.
type task func(a *shardActor)

// shardActor is the Proto.Actor shell around a shard.
type shardActor struct {
	// ctx is the host's life: Proto.Actor hands none to Receive.
	ctx        context.Context
	config     *Config
	log        *slog.Logger
	shard      *shard
	box        *mailbox
	background *sync.WaitGroup // of the host
	catchUps   chan struct{}   // of the host
	failed     error           // the shard stands still
	onFail     func(error)
	onHead     func()
	next       int64 // where the reader starts
	head       int64 // the newest offset at start; ready once it is folded
	ready      bool
	memory     countRing
	waiting    awaits
	clock      clock
	saving     *saving
	debt       debts
	finishing  bool
	finished   chan struct{}
	isFinished bool
}

// Receive takes one message. Panics stay here: a restart by Proto.Actor would
// lose the message and the state. Only folds are supervised per entity; what
// else panics (a sink, a broken invariant) stops the shard.
func (a *shardActor) Receive(c actor.Context) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("shard panicked", "reason", fmt.Sprint(r), "stack", string(debug.Stack()))
			a.fail(fmt.Errorf("shard %s/%d panicked: %v", a.shard.kind, a.shard.partition, r))
		}
	}()
	switch m := c.Message().(type) {
	case *delivery:
		defer m.done()
		if a.failed == nil {
			a.fold(recordOf(m.message))
		}
	case task:
		m(a)
	case *actor.Started:
		a.start()
	}
}

func (a *shardActor) start() {
	a.memory.first = a.shard.offset + 1
	a.debt.begin(a.shard, a.head)
	a.reached()
}

// fold is the way of one record.
func (a *shardActor) fold(r record) {
	s := a.shard
	inputs, err := s.fold(a.ctx, r)
	if err == nil {
		err = s.effects.spill(a.ctx)
	}
	if err != nil {
		a.fail(err)
		return
	}
	a.memory.put(s.offset, s.counts)
	a.answer()
	a.flushed()
	if s.schedule.isDue {
		a.checkpoint()
	}
	if a.config.Observer.Folded != nil {
		a.config.Observer.Folded(s.kind, s.partition, s.offset, inputs, s.lag(time.Now()))
	}
	a.reached()
	a.clock.folded(a)
}

// flushed says that sinks were told.
func (a *shardActor) flushed() {
	if a.config.Flushed != nil {
		a.config.Flushed()
	}
}

// catchingUpEvery is how many records pass between two reports of progress.
const catchingUpEvery = 256

// reached notes how far the shard is from the head of the start.
func (a *shardActor) reached() {
	if a.ready {
		return
	}
	offset := a.shard.offset
	a.ready = offset >= a.head
	if a.config.Observer.CatchingUp != nil && (a.ready || offset%catchingUpEvery == 0) {
		a.config.Observer.CatchingUp(a.shard.kind, a.shard.partition, offset, a.head)
	}
	if a.ready {
		a.goLive()
		a.clock.folded(a)
		a.onHead()
	}
}

// fail stops the shard where it stands: its log or its store is not to be
// trusted, or its state is broken. Questions are answered with the error.
func (a *shardActor) fail(err error) {
	if a.failed != nil {
		return
	}
	a.failed = err
	a.log.Error("shard stopped", "offset", a.shard.offset, "err", err)
	a.waiting.failAll(a, err)
	a.clock.stop()
	a.onFail(err)
}

// flush writes what was kept back; called every Config.FlushEvery.
func (a *shardActor) flush() {
	a.box.flushing.Store(false)
	if a.failed != nil {
		return
	}
	if err := a.shard.effects.tick(a.ctx, a.shard.rules); err != nil {
		a.fail(err)
		return
	}
	a.noteHandedOver()
}

// finish takes the last checkpoint and closes finished once it is stored. A
// shard that owes the store rows takes none: the next start folds more of the log.
func (a *shardActor) finish() {
	if !a.finishing {
		a.finishing = true
		a.shard.effects.hand = adding(a.config.Rows) // nothing is pushed any more that could be late
		a.waiting.failAll(a, ErrStopped)
		a.clock.stop()
	}
	s := a.shard
	switch {
	case a.failed != nil || a.owes():
		a.finishedOnce()
	case a.saving != nil: // saved calls again
	case s.offset < 0 || (s.saved != nil && s.saved.row.Offset == s.offset):
		a.finishedOnce()
	default:
		a.checkpoint()
		if a.failed != nil {
			a.finishedOnce()
		}
	}
}

func (a *shardActor) finishedOnce() {
	if !a.isFinished {
		a.isFinished = true
		close(a.finished)
	}
}
