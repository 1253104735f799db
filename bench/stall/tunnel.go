package stall

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Update is one that a client read after it stood still.
type Update struct {
	Read       int64 // when its message was read, ns
	Event      int64 // when the newest event in it was due, ns
	Bytes      int64 // read since the client went on, this message included
	Instrument int
}

// Client is what one client says at its end.
type Client struct {
	Posts    uint64 // that it has, each once, in order
	Fault    string // what was wrong: a gap, a double, a closed connection
	CaughtMs float64
	Updates  []Update // of the first client only, from the moment it went on
}

// Ticks are when the events of each instrument were due, ascending, ns.
type Ticks [][]int64

// superseded says for how long a version was no longer the newest when it was read; 0 while it was.
func (t Ticks) superseded(u *Update) time.Duration {
	times := t[u.Instrument]
	next := sort.Search(len(times), func(i int) bool { return times[i] > u.Event })
	if next == len(times) {
		return 0
	}
	return max(0, time.Duration(u.Read-times[next]))
}

// Limits of what may be old.
const (
	OldBytes  = 256 << 10
	OldBefore = 250 * time.Millisecond
)

// Tunnel is what `outcry bench tunnel` finds out.
type Tunnel struct {
	Clients     int     `json:"clients"`
	Instruments int     `json:"instruments"`
	Rate        float64 `json:"rate"`
	Posts       uint64  `json:"posts"`
	Seconds     float64 `json:"seconds"` // that they stood still
	// Whole is how many clients were never closed and have each post once, in order.
	Whole  int      `json:"whole"`
	Faults []string `json:"faults,omitempty"` // of the others, some of them
	// OldKB is how far into what the first client then read something stood that
	// was superseded for longer than OldBefore; LateMs the longest of those behind OldBytes.
	OldKB    float64 `json:"old_kb"`
	LateMs   float64 `json:"late_ms"`
	Updates  int     `json:"updates"`
	CaughtMs float64 `json:"caught_ms"` // until the slowest had every post
	// Memory of the server, MB: before they stood still, after a quarter of the time, at its end.
	GoMB  [3]float64 `json:"go_mb"`
	RSSMB [3]float64 `json:"rss_mb"`
	// Stuck is what was framed and not taken at the end, in all, KB.
	StuckKB float64 `json:"stuck_kb"`
	Stalled int     `json:"stalled"` // as the server saw it at the end
}

// Take adds what the clients say.
func (t *Tunnel) Take(clients []Client, ticks Ticks) {
	for i := range clients {
		c := &clients[i]
		if c.Fault == "" && c.Posts == t.Posts {
			t.Whole++
		} else if len(t.Faults) < 5 {
			t.Faults = append(t.Faults, fmt.Sprintf("client %d: %d of %d posts; %s", i, c.Posts, t.Posts, c.Fault))
		}
		t.CaughtMs = max(t.CaughtMs, c.CaughtMs)
		t.old(c.Updates, ticks)
	}
}

func (t *Tunnel) old(updates []Update, ticks Ticks) {
	t.Updates += len(updates)
	for i := range updates {
		u := &updates[i]
		since := ticks.superseded(u)
		if since > OldBefore {
			t.OldKB = max(t.OldKB, float64(u.Bytes)/1024)
		}
		if u.Bytes > OldBytes {
			t.LateMs = max(t.LateMs, float64(since)/1e6)
		}
	}
}

// Text is for people.
func (t *Tunnel) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d clients of %d instruments and a room stood still for %.0f s under %.0f ticks/s and %d posts\n", t.Clients, t.Instruments, t.Seconds, t.Rate, t.Posts)
	fmt.Fprintf(&b, "  never closed, every post once and in order: %d of %d\n", t.Whole, t.Clients)
	for _, f := range t.Faults {
		fmt.Fprintf(&b, "    %s\n", f)
	}
	fmt.Fprintf(&b, "  old bytes read first: %.1f KB (at most %d); behind %d KB the oldest version had been superseded for %.0f ms (at most %d); %d updates looked at\n",
		t.OldKB, OldBytes>>10, OldBytes>>10, t.LateMs, OldBefore.Milliseconds(), t.Updates)
	fmt.Fprintf(&b, "  caught up %.0f ms after it went on\n", t.CaughtMs)
	fmt.Fprintf(&b, "  server before, at a quarter, at the end: Go %.1f, %.1f, %.1f MB; RSS %.1f, %.1f, %.1f MB; %d stalled with %.1f KB stuck\n",
		t.GoMB[0], t.GoMB[1], t.GoMB[2], t.RSSMB[0], t.RSSMB[1], t.RSSMB[2], t.Stalled, t.StuckKB)
	return b.String()
}
