package path

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Text is the result as people read it.
func (r *Result) Text() string {
	var b strings.Builder
	say := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	s, f, seconds := &r.Settings, &r.Flow, max(r.Seconds, 1e-9)
	per := func(n uint64) string { return count(float64(n) / seconds) }
	say("machine", "%s, %d cores, %s, %s; load %s before, %s after", r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Go, r.Machine.LoadBefore, r.Machine.LoadAfter)
	say("path", "%s; %d instruments, %d partitions, %d sessions × %d (%s), %s, rows %s%s; %.0f s after %.0f s", s.loop(),
		s.Instruments, s.Partitions, s.Sessions, s.Subscriptions, s.Watch, s.pace(), s.rows(), s.past(), seconds, s.WarmUp)
	if s.Log+s.Store != "" {
		say("engines", "log %s, rows %s", orElse(s.Log, "embedded"), orElse(s.Store, "SQLite"))
	}
	say("offered", "%s events/s", per(f.Offered))
	say("accepted", "%s events/s durable, %s folded; of all %d sent %d were accepted, %d duplicate, %d late", per(f.Durable), per(f.Folded), f.Sent, f.Accepted, f.Duplicates, f.Late)
	say("delivered", "%s updates/s in %s messages/s, %s B/s", per(f.Delivered), per(f.Messages), per(f.Bytes))
	say("log", "%s records/s of %.0f events, %.1f B an event; %s syncs/s of %.2f ms", per(f.LogRecords), ratio(f.Durable, f.LogRecords), ratio(f.LogBytes, f.Durable), per(f.LogSyncs), f.SyncMs)
	say("rows", "%s rows/s; %d waited for the store at the start, %d at the end; dropped to be folded again %d times", per(f.Rows), f.RowsWaiting[0], f.RowsWaiting[1], f.Debts)
	for _, sort := range slices.Sorted(maps.Keys(f.RowsOf)) {
		say("", "%-12s %s rows/s", sort, count(f.RowsOf[sort]))
	}
	g := &r.Backlog
	say("backlog", "%s events at the start, %s at the end, %s at most, slope %+.0f events/s; empty %.0f ms after the last event", count(g.Start), count(g.End), count(g.Most), g.PerSecond, g.DrainMs)
	l := &r.Latency
	say("latency", "p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, most %.2f ms from the intended time to the client (%d updates)", l.P50, l.P99, l.P999, l.Most, l.N)
	say("cpu", "%.2f cores, %.0f ns an event; the clients' process %.2f cores", r.CPU.Cores, r.CPU.NsPerEvent, r.CPU.ClientCores)
	for _, o := range r.CPU.Others {
		say("", "%s %.2f cores", o.Name, o.Cores)
	}
	for _, stage := range r.CPU.Stages {
		say("", "%-10s %5.1f %%  %6.0f ns an event", stage.Name, 100*stage.Share, stage.NsPerEvent)
	}
	if r.Base.NsPerEvent > 0 {
		say("base", "%.0f ns an event from memory (decode, fold, bars, blocks, hash; rounds %.0f), the whole is %.2f × that", r.Base.NsPerEvent, r.Base.Rounds, r.Ratio)
	}
	m := &r.Memory
	say("memory", "RSS %s at the start, %s at the end, %s at most; live heap %s, %s, %s", size(m.Start.RSS), size(m.End.RSS), size(m.Most.RSS), size(m.Start.Heap), size(m.End.Heap), size(m.Most.Heap))
	say("", "rise over the window: RSS %+.2f %%, heap %+.2f %%; over its second half: %+.2f %%, %+.2f %%", m.RSSPercent, m.HeapPercent, m.RSSHalfPercent, m.HeapHalfPercent)
	return b.String()
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (s *Settings) loop() string {
	if s.Rate == 0 {
		return "closed loop"
	}
	return "open loop at " + count(s.Rate) + " events/s"
}

func (s *Settings) pace() string {
	if s.IntervalMs == 0 {
		return "at once"
	}
	return fmt.Sprintf("every %g ms", s.IntervalMs)
}

func (s *Settings) past() string {
	if s.History {
		return ", full bars"
	}
	return ""
}

func (s *Settings) rows() string {
	if s.Rows && !s.SecondBars {
		return "on, without bars of 1s"
	}
	return onOff(s.Rows)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// count shows a number with three or so digits.
func count(n float64) string {
	switch {
	case n >= 1e6 || n <= -1e6:
		return fmt.Sprintf("%.2f M", n/1e6)
	case n >= 1e4 || n <= -1e4:
		return fmt.Sprintf("%.1f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

func size(n uint64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
