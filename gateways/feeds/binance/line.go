package binance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"outcry/internal/feed"
)

// line keeps one connection of the plan going: one goroutine that owns its streams' tapes.
type line struct {
	*Feed
	plan   plan
	reader *feed.Binance
	tapes  map[string]*tape // by stream
	tries  int              // since the last message
	bad    int              // unreadable messages in a row
	hurry  bool             // the exchange is about to close the connection
}

var (
	errStale   = errors.New("no message came")
	errGarbage = fmt.Errorf("%d messages in a row could not be read", mostUnreadable)
)

// mostUnreadable messages in a row make a connection be given up.
const mostUnreadable = 100

// run follows until ctx ends (nil), or an error that no other try changes.
func (l *line) run(ctx context.Context) error {
	var next *connection
	for {
		c := next
		if c == nil {
			var err error
			if c, err = l.connect(ctx); err != nil {
				return endOf(ctx, err)
			}
		}
		var err error
		if next, err = l.follow(ctx, c); next != nil {
			l.renewals.Add(1)
			l.tell(Notice{Kind: "renewed", Text: "moved to a new connection, without a hole"})
			continue
		}
		var last *finalError
		if ctx.Err() != nil || errors.As(err, &last) {
			return endOf(ctx, err)
		}
		l.reconnects.Add(1)
		kind, text := "lost", fmt.Sprintf("lost a connection: %v", err)
		if errors.Is(err, errStale) {
			kind, text = "stale", fmt.Sprintf("no message for %s over a connection; making it anew", l.config.Stale)
		}
		l.tell(Notice{Kind: kind, Text: text})
		if pause(ctx, backoff(l.tries)) != nil {
			return nil
		}
		l.tries++
	}
}

// endOf a line whose ctx ended is no error.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// connect tries until there is a connection.
func (l *line) connect(ctx context.Context) (*connection, error) {
	for {
		c, err := open(ctx, l.dial, l.plan)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := l.givenUp(err); err != nil {
			return nil, err
		}
		wait := backoff(l.tries)
		l.tries++
		l.tell(Notice{Kind: "lost", Text: fmt.Sprintf("%v; trying again in %s", err, wait.Round(time.Millisecond))})
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// givenUp says whether a first connection is not worth another try.
func (l *line) givenUp(err error) error {
	var shake *handshakeError
	switch {
	case l.options.GiveUp == 0 || l.ever.Load():
		return nil
	case errors.As(err, &shake) && shake.final():
		return &finalError{fmt.Errorf("%w; is the base URL right?", err)}
	case time.Since(l.begun) > l.options.GiveUp:
		return &finalError{fmt.Errorf("%w; tried for %s", err, l.options.GiveUp)}
	}
	return nil
}

// follow reads a connection until it is lost, or until its successor has come as far.
func (l *line) follow(ctx context.Context, c *connection) (next *connection, err error) {
	defer c.close()
	live := false
	defer func() { l.left(live) }()
	stale := time.NewTimer(l.config.Stale)
	defer stale.Stop()
	l.hurry = false
	s := l.renewal(ctx)
	defer s.end()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case m, ok := <-c.messages:
			if !ok {
				return s.take(), c.err
			}
			live = l.joined(live)
			if err := l.message(ctx, m); err != nil {
				return nil, err
			}
			stale.Reset(l.config.Stale)
		case <-stale.C:
			return s.take(), errStale
		case <-s.due():
			s.begin()
		case opened := <-s.opened:
			s.ready(opened)
		case <-s.deadline():
			return s.take(), nil
		}
		if l.hurry {
			s.begin()
		}
		if s.passed(len(c.messages) == 0) {
			return s.take(), nil
		}
	}
}

// joined counts a connection with its first message; live is that it was counted before.
func (l *line) joined(live bool) bool {
	l.tries = 0
	if live {
		return true
	}
	if l.live.Add(1) == int64(len(l.plans)) || !l.ever.Load() {
		l.tell(Notice{Kind: "connected", Text: "receiving from " + l.plan.base})
	}
	l.ever.Store(true)
	return true
}

// left takes it back.
func (l *line) left(live bool) {
	if live {
		l.live.Add(-1)
	}
}

// lifetime of a connection: a tenth less at random, so that many are not renewed at once.
func (l *line) lifetime() time.Duration {
	return l.config.Lifetime - rand.N(l.config.Lifetime/10)
}
