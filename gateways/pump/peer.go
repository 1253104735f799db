package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"outcry/gateways/limit"
)

// Peer is who is at the other end of a connection, as operators see it.
type Peer struct {
	Transport string // "ws", "grpc": few, for they are a metric's label
	limit.Peer
}

// Why a client went, for the log; one whose session ended with a code went for that.
var (
	errLeft    = errors.New("the client left")
	errLost    = errors.New("the connection is lost")
	errSilent  = errors.New("pings were not answered, behind a proxy")
	errStopped = errors.New("the server stops")
	errSlowBye = errors.New("the last bytes were not taken in time")
	errPanic   = errors.New("the session panicked")
)

func lost(err error) error { return fmt.Errorf("%w: %w", errLost, err) }

func (p *pump) began(c *Client) {
	p.all.config.Logger.Debug("session began", "session", c.session.ID(), "transport", c.peer.Transport, "address", c.peer.Address)
}

// ended tells the log. A client that came and went by itself is only of
// interest to who looks for it; that the server ended one is told at Info.
func (p *pump) ended(c *Client, why error) {
	level := slog.LevelDebug
	if e := c.session.Ended(); e != nil {
		level, why = slog.LevelInfo, fmt.Errorf("%s: %s", e.GetCode(), e.GetText())
	}
	if log := p.all.config.Logger; log.Enabled(context.Background(), level) {
		log.Log(context.Background(), level, "session ended", "session", c.session.ID(), "user", c.session.User(),
			"transport", c.peer.Transport, "address", c.peer.Address, "lasted", time.Since(c.since).Round(time.Millisecond),
			"framed_bytes", c.framed, "reason", why)
	}
}
