package pump

import (
	"bytes"
	"sync/atomic"
	"time"

	"outcry/gateways/limit"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// stalledAfter a write that waits is called stalled. HTTP/2 and TLS wait with every write.
const stalledAfter = 100 * time.Millisecond

// far is after anything: when a client is due whose connection is waited for.
var far = time.Unix(1<<40, 0)

// Client is one connection with its session, for the transport that reads from it.
type Client struct {
	pump    *pump
	conn    Conn
	framing Framing
	peer    Peer
	bearer  string // the token that the transport's head brought, until hello
	greeted bool   // hello was handed over; with signIns the reader's alone
	signIns limit.Bucket
	since   time.Time
	queued  atomic.Bool // stands in the intake
	heard   atomic.Bool // something came since the last ping
	inbox   inbox
	// The turn's:
	session *session.Session
	pingAt  time.Time
	pings   int // that nothing came after
	due     time.Time
	place   int // in the pump's heap
	running bool
	writing bool        // a goroutine waits with the rest of a write
	stalled bool        // for longer than stalledAfter
	slow    *time.Timer // tells that
	leaving bool        // goodbye follows what is left to say
	said    bool        // the last bytes are written, or wait to be
	sayBy   time.Time   // when it has to be gone; zero: it need not go
	gone    bool
	framed  uint64 // bytes that were framed for it, of messages and what is between them
	stuck   int    // of them, those that a goroutine waits with
}

func newClient(p *pump, conn Conn, f Framing, peer Peer) *Client {
	return &Client{pump: p, conn: conn, framing: f, peer: peer, since: time.Now()}
}

// Receive hands over one frame that the client sent, and waits while too many
// are not handled yet, or keys are fetched for its token. False: the client is gone.
func (c *Client) Receive(f *outcryv1.ClientFrame) bool {
	in := incoming{frame: f}
	in.who, in.refused = c.signIn(f)
	return c.put(in)
}

// Refuse answers bytes that are no frame, in the order of Receive, and waits likewise.
func (c *Client) Refuse(code outcryv1.ErrorCode, text string) bool {
	return c.put(incoming{code: code, text: text})
}

func (c *Client) put(in incoming) bool {
	c.Heard()
	if !c.inbox.put(in) {
		return false
	}
	c.ready()
	return true
}

// Control has the transport's own bytes (a pong) written between messages.
// They take the place of those that are still waiting.
func (c *Client) Control(p []byte) { c.setControl(p, false) }

// Leave has the transport's last bytes written after what is being written
// now, and ends the client.
func (c *Client) Leave(p []byte) { c.setControl(p, true) }

func (c *Client) setControl(p []byte, last bool) {
	c.inbox.setControl(p, last)
	c.ready()
}

// Drop ends the client without a word: its connection is lost.
func (c *Client) Drop() { c.pump.post(c, func() { c.pump.drop(c, errLost) }) }

// Ended is closed when nothing more is written to the connection.
func (c *Client) Ended() <-chan struct{} { return c.inbox.ended() }

// ready asks for a turn.
func (c *Client) ready() {
	p := c.pump
	if c.queued.CompareAndSwap(false, true) {
		p.intake.Lock()
		p.intake.ready = append(p.intake.ready, c)
		p.intake.Unlock()
	}
	p.wake()
}

// next is when time asks for something. The rest is in the pump's turn.
func (c *Client) next() time.Time {
	next := c.session.Next()
	switch {
	case c.writing && !c.sayBy.IsZero():
		return c.sayBy
	case c.writing:
		return far
	case next.Before(c.pingAt):
		return next
	}
	return c.pingAt
}

func (c *Client) tick(now time.Time) {
	switch {
	case c.writing && !c.sayBy.IsZero():
		c.pump.drop(c, errSlowBye)
	case !c.writing:
		c.session.Tick(now)
		c.pump.serveLater(c)
	}
}

// serve handles what the client sent, fills the pump's buffer and writes it.
func (c *Client) serve(now time.Time) {
	switch {
	case c.writing:
		return
	case c.silent(now):
		c.pump.drop(c, errSilent)
		return
	}
	left := c.handle(now)
	before := c.session.Delivered()
	buf, last := c.inbox.takeControl(c.pump.buf[:0])
	more := false
	if !last {
		buf, more = c.fill(buf, now)
		if !more && (c.leaving && c.session.Settled() || c.session.Ended() != nil) {
			buf, last = c.framing.Goodbye(buf, c.session.Ended()), true
		}
	}
	if last {
		c.said, c.sayBy = true, now.Add(goodbyeWithin)
	}
	c.pump.buf = buf
	c.write(buf, c.session.Delivered()-before)
	if (more || left) && !c.writing && !c.gone {
		c.ready() // after the others
	}
}

// handle takes what the client sent, as long as its session has room for
// answers; left says that it had not.
func (c *Client) handle(now time.Time) (left bool) {
	for !c.session.Full() {
		in, ok := c.inbox.take()
		if !ok {
			return false
		}
		if in.frame != nil {
			c.session.Present(in.who, in.refused)
			c.session.Receive(in.frame, now)
		} else {
			c.session.Unreadable(in.code, in.text, now)
		}
	}
	return !c.session.Arriving() && !c.leaving
}

// fill appends a ping when it is time and one message of the session.
func (c *Client) fill(buf []byte, now time.Time) (out []byte, more bool) {
	if !now.Before(c.pingAt) {
		buf = c.ping(buf, now)
	}
	start := len(buf)
	buf = c.framing.Begin(buf)
	body := len(buf)
	buf, more = c.session.Fill(buf, time.Now()) // a turn may be long, and ages are measured
	if len(buf) == body {
		return buf[:start], more
	}
	return c.framing.End(buf, start), more
}

// write gives the connection what it takes; a goroutine of its own waits with the rest.
func (c *Client) write(buf []byte, updates int) {
	if len(buf) == 0 && !c.said {
		return
	}
	n, err := c.conn.TryWrite(buf)
	if err != nil {
		c.pump.drop(c, lost(err))
		return
	}
	c.framed += uint64(len(buf))
	o := &c.pump.all.config.Observer
	if o.Wrote != nil {
		o.Wrote(len(buf), updates)
	}
	if n == len(buf) {
		c.written()
		return
	}
	c.writing, c.stuck, c.pings = true, len(buf)-n, 0
	c.watch()
	rest := bytes.Clone(buf[n:])
	c.pump.all.group.Go(func() {
		_, err := c.conn.Write(rest)
		c.pump.post(c, func() {
			c.writing, c.stalled, c.stuck = false, false, 0
			c.slow.Stop()
			if err != nil {
				c.pump.drop(c, lost(err))
				return
			}
			c.written()
			c.pump.serveLater(c)
		})
	})
}

// watch has it told when a write waits for long.
func (c *Client) watch() {
	if c.slow != nil {
		c.slow.Reset(stalledAfter)
		return
	}
	c.slow = time.AfterFunc(stalledAfter, func() {
		c.pump.post(c, func() {
			c.stalled = c.writing
			if told := c.pump.all.config.Observer.Stalled; told != nil && c.stalled {
				told()
			}
		})
	})
}

// written is when the connection has taken all that was framed.
func (c *Client) written() {
	switch {
	case c.said && c.leaving:
		c.pump.drop(c, errStopped)
	case c.said:
		c.pump.drop(c, errLeft)
	}
}
