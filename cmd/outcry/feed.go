package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"outcry/gateways/feeds/binance"
)

func newFeed() *cobra.Command {
	cmd := &cobra.Command{
		Use: "feed", Short: "Follow an exchange's live streams into a running server",
		Long: `Follow an exchange's live streams into a running server, until Ctrl-C. A server
follows those of the feeds: in its outcry.yaml by itself.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "there is no feed %q; there is binance", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFeedBinance())
	return cmd
}

// feedReport shows how a feed stands: a line that is redrawn on a terminal,
// one every few seconds elsewhere, objects for scripts.
type feedReport struct {
	out, errs io.Writer
	terminal  bool
	json      bool
	name      string
	begun     time.Time

	mu struct {
		sync.Mutex
		received uint64 // when last shown
		at       time.Time
	}
}

func newFeedReport(out, errs io.Writer, asJSON bool, name string) *feedReport {
	f, ok := out.(*os.File)
	r := &feedReport{out: out, errs: errs, json: asJSON, name: name, terminal: !asJSON && ok && term.IsTerminal(int(f.Fd())), begun: time.Now()}
	r.mu.at = r.begun
	return r
}

// every is how often it is shown where nobody says.
func (r *feedReport) every() time.Duration {
	if r.terminal || r.json {
		return time.Second
	}
	return 10 * time.Second
}

// notice is told what happened, from any goroutine.
func (r *feedReport) notice(n binance.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		r.object(struct {
			Type       string `json:"type"`
			Time       string `json:"time"`
			Kind       string `json:"kind"`
			Instrument string `json:"instrument,omitempty"`
			From       uint64 `json:"from,omitempty"`
			To         uint64 `json:"to,omitempty"`
			Text       string `json:"text"`
		}{"notice", now(), n.Kind, n.Instrument, n.From, n.To, n.Text})
		return
	}
	r.clear()
	fmt.Fprintf(r.errs, "%s %s\n", time.Now().Format(time.TimeOnly), n.Text)
}

func now() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// status shows how it stands; typ is status, or end for the last one.
func (r *feedReport) status(s binance.Status, typ string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	span := time.Since(r.mu.at)
	if typ == "end" {
		r.mu.received, span = 0, time.Since(r.begun)
	}
	rate := float64(s.Received-r.mu.received) / max(span.Seconds(), 1e-3)
	r.mu.received, r.mu.at = s.Received, time.Now()
	switch {
	case r.json:
		r.object(statusObject(s, typ, rate))
	case typ == "end":
		r.clear()
		fmt.Fprintf(r.out, "%s: %s, %.0f/s over %s\n", r.name, counted(s), rate, time.Since(r.begun).Round(time.Second))
	case r.terminal:
		fmt.Fprintf(r.out, "\r\x1b[K%s", r.text(s, rate))
	default:
		fmt.Fprintln(r.out, r.text(s, rate))
	}
}

func (r *feedReport) text(s binance.Status, rate float64) string {
	parts := []string{fmt.Sprintf("%.0f events/s", rate)}
	if !s.Newest.IsZero() {
		parts = append(parts, "newest "+age(time.Since(s.Newest))+" old")
	}
	if s.Behind > 100*time.Millisecond || s.Queued > 0 {
		parts = append(parts, fmt.Sprintf("server %s behind, %d waiting", age(s.Behind), s.Queued))
	}
	if s.Connections > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d connections", s.Live, s.Connections))
	}
	return fmt.Sprintf("%s %s: %s, %s", r.name, s.State(), strings.Join(parts, ", "), counted(s))
}

func age(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// counted says what became of the inputs; what never happened is left out.
func counted(s binance.Status) string {
	parts := []string{fmt.Sprintf("%d accepted", s.Accepted)}
	for _, c := range []struct {
		n    uint64
		what string
	}{{s.Duplicates, "duplicates"}, {s.Late, "late"}, {s.Refused, "refused"}, {s.Unreadable, "unreadable"}, {s.Reconnects, "reconnects"},
		{s.Filled, "trades fetched"}, {s.Gaps, "gaps"}, {s.Missing, "trades missing"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

// statusObject is for scripts; times are milliseconds.
func statusObject(s binance.Status, typ string, rate float64) any {
	newest := int64(-1)
	if !s.Newest.IsZero() {
		newest = time.Since(s.Newest).Milliseconds()
	}
	return struct {
		Type        string  `json:"type"`
		Time        string  `json:"time"`
		State       string  `json:"state"`
		Connections int     `json:"connections"`
		Live        int     `json:"live"`
		PerSecond   float64 `json:"events_per_second"`
		NewestAge   int64   `json:"newest_age_ms"`
		Behind      int64   `json:"behind_ms"`
		Queued      int     `json:"queued"`
		Received    uint64  `json:"received"`
		Accepted    uint64  `json:"accepted"`
		Duplicates  uint64  `json:"duplicates"`
		Late        uint64  `json:"late"`
		Refused     uint64  `json:"refused"`
		Repeated    uint64  `json:"repeated"`
		Ignored     uint64  `json:"ignored"`
		Unreadable  uint64  `json:"unreadable"`
		Reconnects  uint64  `json:"reconnects"`
		Renewals    uint64  `json:"renewals"`
		Filled      uint64  `json:"trades_fetched"`
		Gaps        uint64  `json:"gaps"`
		Missing     uint64  `json:"trades_missing"`
		Trouble     string  `json:"trouble,omitempty"`
	}{typ, now(), s.State(), s.Connections, s.Live, rate, newest, s.Behind.Milliseconds(), s.Queued, s.Received, s.Accepted, s.Duplicates, s.Late,
		s.Refused, s.Repeated, s.Ignored, s.Unreadable, s.Reconnects, s.Renewals, s.Filled, s.Gaps, s.Missing, s.Trouble}
}

// object prints one line. Whoever reads may be gone; the feed goes on.
func (r *feedReport) object(v any) { _ = json.NewEncoder(r.out).Encode(v) }

// clear takes the line from a terminal.
func (r *feedReport) clear() {
	if r.terminal {
		fmt.Fprint(r.out, "\r\x1b[K")
	}
}
