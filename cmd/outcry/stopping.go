package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stopSettings say how a server takes its leave.
type stopSettings struct {
	within, notice, spread time.Duration
}

func (c *config) stopSettings(b *settingsOf) {
	s := &c.stop
	b.duration(&s.notice, "stop.notice", "stop-notice", 0, "how long a stopping server says that it is not ready before it sends clients away")
	b.duration(&s.spread, "stop.spread", "stop-spread", 2*time.Second, "within what time clients are asked to come back, at least")
	b.duration(&s.within, "stop.within", "stop-within", 15*time.Second, "how long a stopping server finishes what it has begun, after the notice")
}

func (c *config) checkStop() error {
	s := &c.stop
	faults := []error{c.fault("stop.within", positive(s.within))}
	for key, d := range map[string]time.Duration{"stop.notice": s.notice, "stop.spread": s.spread} {
		if d < 0 || d > time.Hour {
			faults = append(faults, c.fault(key, fmt.Errorf("%s: from 0 to 1h are possible", d)))
		}
	}
	return errors.Join(faults...)
}

// drainShare of the time to stop goes to clients at most; the rest is for what they asked for to be stored.
const drainShare = 0.7

// ending is the one deadline of all that a stopping server still does.
type ending struct {
	within time.Duration
	begin  sync.Once
	began  time.Time
}

// context ends when that share of the time is over, counted from the first call.
func (e *ending) context(ctx context.Context, share float64) (context.Context, context.CancelFunc) {
	e.begin.Do(func() { e.began = time.Now() })
	return context.WithDeadline(context.WithoutCancel(ctx), e.began.Add(time.Duration(share*float64(e.within))))
}

// turnAway has load balancers see that no more clients are wanted, before any is
// sent away. Clients are served meanwhile.
func (a *app) turnAway() {
	a.stopping.Store(true)
	a.config.logger.Info("stopping", "notice", a.config.stop.notice, "within", a.config.stop.within, "clients", a.pumps.Load().Clients())
	time.Sleep(a.config.stop.notice) // a second signal ends the process
}
