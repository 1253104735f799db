package path

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"outcry/bench/socket"
)

// Watch is one client that follows quotes. It reads frames without making
// messages of them, so that a thousand clients leave the machine to the server.
type Watch struct {
	conn   *socket.Conn
	Counts Counts
}

// Counts is what a client got since it last began to count.
type Counts struct {
	Updates, Messages, Bytes uint64
	// Spread is from the event's intended time to when its message was read; snapshots are left out.
	Spread Spread
}

// Merge adds another client's.
func (c *Counts) Merge(o *Counts) {
	c.Updates += o.Updates
	c.Messages += o.Messages
	c.Bytes += o.Bytes
	c.Spread.Merge(&o.Spread)
}

// errRefused: the server said no.
var errRefused = socket.ErrRefused

// Read takes one message and counts it.
func (w *Watch) Read() error {
	message, err := w.conn.Message()
	if err != nil {
		return err
	}
	c := &w.Counts
	c.Messages++
	c.Bytes += uint64(len(message))
	now := time.Now().UnixNano()
	return EachField(message, func(n protowire.Number, frame []byte) error {
		return EachField(frame, func(n protowire.Number, update []byte) error {
			if n != frameUpdate {
				return nil
			}
			c.Updates++
			at, snapshot := eventTime(update)
			if !snapshot && at > 0 {
				c.Spread.Add(time.Duration(now - at))
			}
			return nil
		})
	})
}

// Tally is what it counts into.
func (w *Watch) Tally() *Counts { return &w.Counts }

// Close ends the connection; a Read under way fails.
func (w *Watch) Close() error { return w.conn.Close() }
