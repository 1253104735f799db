package host

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/asynkron/protoactor-go/actor"

	"outcry/events"
)

const (
	// credits bounds the records that wait in a mailbox.
	credits = 64
	// maxQuestions bounds what others ask of one shard at a time: queries,
	// watches and awaits, those that wait for a record included.
	maxQuestions = 1 << 16
)

// mailbox is the way into a shard's turn. Proto.Actor's own mailbox has no
// bound that could be used (its bounded ones spin), so this one counts.
type mailbox struct {
	root      *actor.RootContext
	pid       *actor.PID
	questions atomic.Int64
	flushing  atomic.Bool // a flush waits in the mailbox
	mu        struct {
		sync.RWMutex
		closed bool // nothing from outside any more
		ended  bool // nothing at all any more: the actor is gone
	}
}

// ask puts a question of somebody outside into the mailbox. answered must be
// called once when it is settled, whether in this turn or a later one.
func (m *mailbox) ask(fn task) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.mu.closed {
		return ErrStopped
	}
	if m.questions.Add(1) > maxQuestions {
		m.questions.Add(-1)
		return ErrBusy
	}
	m.root.Send(m.pid, fn)
	return nil
}

func (m *mailbox) answered() { m.questions.Add(-1) }

// tell is for the shard's own reader, timers and helpers; each bounds itself.
func (m *mailbox) tell(msg any) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if !m.mu.ended {
		m.root.Send(m.pid, msg)
	}
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.mu.closed = true
	m.mu.Unlock()
}

func (m *mailbox) end() {
	m.mu.Lock()
	m.mu.closed, m.mu.ended = true, true
	m.mu.Unlock()
}

// delivery is a record in the mailbox: the message and the credit it took.
type delivery struct {
	message *message.Message
	credits chan struct{}
}

// done releases the record's memory and gives the credit back.
func (d *delivery) done() {
	d.message.Ack()
	<-d.credits
}

// read feeds one shard from the log until ctx ends. It returns when the
// subscription has ended.
func read(ctx context.Context, log events.Log, from events.Position, box *mailbox) error {
	ctx, cancel := context.WithCancel(ctx)
	messages, err := log.Subscriber(from).Subscribe(ctx, from.Kind.Topic())
	if err != nil {
		cancel()
		return fmt.Errorf("reading the log from %s: %w", from, err)
	}
	defer drain(cancel, messages)
	free := make(chan struct{}, credits)
	for {
		select {
		case <-ctx.Done():
			return nil
		case free <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-messages:
			if !ok && ctx.Err() == nil {
				return fmt.Errorf("the log of %s/%d ended: %w", from.Kind, from.Partition, closedBy(log))
			}
			if !ok {
				return nil
			}
			box.tell(&delivery{message: m, credits: free})
		}
	}
}
