package host

import (
	"container/list"
	"errors"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
)

// AskInstrument, sent to an instrument's PID, runs Fn in its shard's turn on
// its state (nil when nothing is known of it) and responds with what it
// returns. As with Host.Instrument, Fn must be quick, change nothing and keep nothing.
type AskInstrument struct{ Fn func(*instrument.State) any }

// AskRoom is AskInstrument for rooms.
type AskRoom struct{ Fn func(*room.State) any }

// ErrUnknownMessage answers a request that an entity does not understand.
var ErrUnknownMessage = errors.New("an entity takes AskInstrument or AskRoom, of its own kind")

// maxFacades bounds the registered processes; the one not asked for longest
// goes. PIDs in use keep working: they hold their process, which has no state.
const maxFacades = 4096

// facades are the entities' processes in the actor system, made when asked for.
type facades struct {
	system *actor.ActorSystem
	mu     struct {
		sync.Mutex
		byName map[string]*list.Element // of *facade
		recent list.List                // newest first
	}
}

func (f *facades) init(system *actor.ActorSystem) {
	f.system = system
	f.mu.byName = map[string]*list.Element{}
}

// facade is an entity's Process: it hands messages to the shard's mailbox.
type facade struct {
	system *actor.ActorSystem
	name   string
	entity string
	box    *mailbox
}

// PID is the entity's own process id, registered as "kind/entity": requests to
// it (AskInstrument, AskRoom) run in its shard's turn and are answered with a
// value or an error; anything else is answered with ErrUnknownMessage. The
// entity is virtual: it need not exist, never terminates, and a watch on it is
// never told. Nil for a kind that the log does not have.
func (h *Host) PID(kind events.Kind, entity string) *actor.PID {
	box, err := h.boxOf(kind, entity)
	if err != nil {
		return nil
	}
	return h.facades.pid(&facade{system: h.system, name: kind.String() + "/" + entity, entity: entity, box: box})
}

func (f *facades) pid(p *facade) *actor.PID {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.mu.byName[p.name]; ok {
		f.mu.recent.MoveToFront(known)
		return f.system.NewLocalPID(p.name)
	}
	if f.mu.recent.Len() >= maxFacades {
		oldest := f.mu.recent.Remove(f.mu.recent.Back()).(*facade)
		delete(f.mu.byName, oldest.name)
		f.system.ProcessRegistry.Remove(f.system.NewLocalPID(oldest.name))
	}
	f.mu.byName[p.name] = f.mu.recent.PushFront(p)
	pid, _ := f.system.ProcessRegistry.Add(p, p.name) // the name is free: byName knows all
	return pid
}

// SendUserMessage is called by Proto.Actor in the sender's goroutine.
func (p *facade) SendUserMessage(_ *actor.PID, message any) {
	_, body, sender := actor.UnwrapEnvelope(message)
	respond := func(answer any) {
		if sender != nil {
			p.system.Root.Send(sender, answer)
		}
	}
	err := p.box.ask(func(a *shardActor) {
		defer p.box.answered()
		if a.failed != nil {
			respond(a.failed)
			return
		}
		var answer any
		if err := guarded(func() { answer = answerTo(body, a.shard, p.entity) }); err != nil {
			answer = err
		}
		respond(answer)
	})
	if err != nil {
		respond(err)
	}
}

func answerTo(body any, s *shard, entity string) any {
	switch m := body.(type) {
	case *AskInstrument:
		if s.kind == events.Instrument {
			is, _ := s.lookup(entity).(*instrumentState)
			if is == nil {
				return m.Fn(nil)
			}
			return m.Fn(is.State)
		}
	case *AskRoom:
		if s.kind == events.Room {
			rs, _ := s.lookup(entity).(*roomState)
			if rs == nil {
				return m.Fn(nil)
			}
			return m.Fn(rs.State)
		}
	}
	return ErrUnknownMessage
}

// SendSystemMessage: an entity has no life cycle that the system could change.
func (p *facade) SendSystemMessage(*actor.PID, any) {}

// Stop does nothing: a virtual actor is always there.
func (p *facade) Stop(*actor.PID) {}
