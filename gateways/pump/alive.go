package pump

import "time"

// pingsMost may go unanswered in a row: at the time of the next one the client is dead.
const pingsMost = 3

// Heard says that something came from the client: an answer to a ping, say. What
// is handed over by Receive and Refuse is heard of itself.
func (c *Client) Heard() {
	if !c.heard.Load() { // mostly it is set already, and nobody else's memory is disturbed
		c.heard.Store(true)
	}
}

// ping keeps the connection alive, and counts how many were not answered.
func (c *Client) ping(buf []byte, now time.Time) []byte {
	c.pingAt = now.Add(c.pump.all.config.PingEvery)
	before := len(buf)
	if buf = c.framing.Ping(buf); len(buf) > before {
		c.pings++
	}
	return buf
}

// silent says that a client behind a proxy is dead: nobody else could tell,
// since the kernel that acknowledges is the proxy's. Where the kernel is the client's
// own it alone is asked (gateways/port): a process that stands still answers no ping,
// and is not closed for it. Nor is one whose connection does not take what it is given.
func (c *Client) silent(now time.Time) bool {
	if now.Before(c.pingAt) || !c.peer.Proxied {
		return false
	}
	if c.heard.Swap(false) {
		c.pings = 0
	}
	return c.pings >= pingsMost
}
