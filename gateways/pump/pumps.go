package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/gateways/relay/wire"
	"outcry/gateways/session"
	"outcry/internal/warnonly"
	outcryv1 "outcry/proto/outcry/v1"
)

// Config of Pumps. Sessions is required.
type Config struct {
	Sessions *session.Sessions
	// Pumps is their number; default 2 a processor.
	Pumps int
	// Clients bounds the clients; default 20,000. More are refused with ErrFull.
	Clients int
	// PingEvery is how often an idle connection is kept alive; default 30 s. One
	// behind a proxy that answers none for four times that is dead.
	PingEvery time.Duration
	// Spread is within what time so many clients are to come back when the
	// server stops; default 2 s for any number.
	Spread   func(clients int) time.Duration
	Logger   *slog.Logger
	Observer Observer
}

// Observer is told what happens, in pumps' turns; nil funcs are skipped.
type Observer struct {
	// Wrote is told of each write: its bytes, and the updates and items in them.
	Wrote func(bytes, updates int)
	// Stalled is told when a connection has not taken for 100 ms what it was given.
	Stalled func()
	// Delivered is told what was framed in a turn, if anything; it keeps no pointer.
	Delivered func(*session.Tally)
	// Clients is told how many there are, when that changes.
	Clients func(n int)
}

// Errors that callers branch on.
var (
	ErrFull    = errors.New("there are as many clients as there may be")
	ErrStopped = errors.New("the pumps are stopped")
)

// CodeOf says what a client is told that Open did not take.
func CodeOf(err error) outcryv1.ErrorCode {
	if errors.Is(err, ErrFull) {
		return outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE
}

// goodbyeWithin is how long a connection may take for its last bytes.
const goodbyeWithin = 5 * time.Second

// Pumps are all pumps of a node. Safe for many goroutines.
type Pumps struct {
	config  Config
	system  *actor.ActorSystem
	pumps   []*pump
	next    atomic.Uint64
	clients atomic.Int64
	stopped atomic.Bool
	spread  atomic.Int64   // ns, when stopped
	group   sync.WaitGroup // writes that wait
	gone    chan struct{}  // a client went while stopping
	over    chan struct{}  // closed when no turn comes any more
}

// Start makes the pumps. Stop ends them.
func Start(c Config) (*Pumps, error) {
	setDefault(&c.Pumps, 2*runtime.GOMAXPROCS(0))
	setDefault(&c.Clients, 20_000)
	setDefault(&c.PingEvery, 30*time.Second)
	if c.Spread == nil {
		c.Spread = func(int) time.Duration { return 2 * time.Second }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	quiet := warnonly.Logger(c.Logger.With("lib", "proto.actor"))
	p := &Pumps{config: c, gone: make(chan struct{}, 1), over: make(chan struct{})}
	p.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }))
	for i := range c.Pumps {
		one := newPump(p)
		pid, err := p.system.Root.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return one }), fmt.Sprintf("pump/%d", i))
		if err != nil {
			return nil, fmt.Errorf("spawning pump %d: %w", i, errors.Join(err, p.endActors()))
		}
		one.pid = pid
		p.pumps = append(p.pumps, one)
	}
	return p, nil
}

func setDefault[T ~int | ~int64](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// Flushed wakes the pumps that the relay has marked something for. The host
// calls it once a record, in its shard's turn, so that a record's changes share a write.
func (p *Pumps) Flushed() {
	for _, one := range p.pumps {
		if one.marks.Any() {
			one.wake()
		}
	}
}

// Open takes a client. Its connection is the pump's to write to and to Close
// from now on, unless an error comes back: ErrFull or ErrStopped.
func (p *Pumps) Open(conn Conn, framing Framing, e wire.Encoding, peer Peer) (*Client, error) {
	if p.clients.Add(1) > int64(p.config.Clients) {
		p.left()
		return nil, ErrFull
	}
	if p.stopped.Load() {
		p.left()
		return nil, ErrStopped
	}
	one := p.pumps[p.next.Add(1)%uint64(len(p.pumps))]
	c := newClient(one, conn, framing, peer)
	one.post(c, func() { one.adopt(c, e) })
	return c, nil
}

// Clients counts them.
func (p *Pumps) Clients() int { return int(p.clients.Load()) }

// Stop asks all clients to reconnect later, takes no more frames of theirs,
// answers the commands under way, writes what they can take, closes
// their connections and ends the pumps. When ctx ends first, connections that
// still wait are closed as they are, and that is no error.
func (p *Pumps) Stop(ctx context.Context) error {
	p.spread.CompareAndSwap(0, int64(p.config.Spread(p.Clients())))
	if !p.stopped.CompareAndSwap(false, true) {
		return ErrStopped
	}
	for _, one := range p.pumps {
		one.post(nil, one.drain)
	}
	for p.clients.Load() > 0 && ctx.Err() == nil {
		select {
		case <-p.gone:
		case <-ctx.Done():
		}
	}
	for _, one := range p.pumps {
		one.post(nil, one.dropAll)
	}
	for p.clients.Load() > 0 {
		<-p.gone
	}
	p.group.Wait()
	close(p.over)
	return p.endActors()
}

func (p *Pumps) endActors() (err error) {
	for _, one := range p.pumps {
		if failed := p.system.Root.StopFuture(one.pid).Wait(); failed != nil {
			err = errors.Join(err, fmt.Errorf("stopping a pump: %w", failed))
		}
		one.timer.Stop()
	}
	p.system.Shutdown()
	return err
}

// left counts a client that went.
func (p *Pumps) left() {
	n := p.clients.Add(-1)
	if p.config.Observer.Clients != nil {
		p.config.Observer.Clients(int(n))
	}
	select {
	case p.gone <- struct{}{}:
	default: // somebody is told already
	}
}
