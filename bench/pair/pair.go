package pair

import (
	"fmt"
	"slices"
	"strings"
)

// Side is one server in one run.
type Side struct {
	Seconds float64 `json:"seconds"`
	Cores   float64 `json:"cores"` // that the server process used
	// Published is how many updates came in, Delivered how many clients read.
	Published uint64  `json:"published"`
	Delivered uint64  `json:"delivered"`
	Messages  uint64  `json:"messages"`
	Bytes     uint64  `json:"bytes"`
	P50Ms     float64 `json:"p50_ms"` // from the event's intended time to its reading
	P99Ms     float64 `json:"p99_ms"`
	// EdgeShare is the part of the CPU time that went into delivering, by a
	// profile, where the server does more than that; 0: it does not.
	EdgeShare float64 `json:"edge_share,omitempty"`

	Connections int     `json:"connections,omitempty"`
	KBOfGo      float64 `json:"kb_of_go,omitempty"`  // heap, stacks and what the runtime needs, a connection
	KBOfRSS     float64 `json:"kb_of_rss,omitempty"` // what the system counts, a connection
}

// Micros of CPU time a delivered update.
func (s *Side) Micros() float64 {
	return 1e6 * s.Cores * s.Seconds / float64(max(s.Delivered, 1))
}

// Pairs are runs of one setting.
type Pairs struct {
	Name    string    `json:"name"`
	Setting string    `json:"setting"`
	Target  float64   `json:"target"` // for the median of ratios, at most; 0: none is set
	What    string    `json:"what"`   // the ratio's quantity
	Ours    []Side    `json:"ours"`
	Theirs  []Side    `json:"theirs"`
	Ratios  []float64 `json:"ratios"`
}

// Add takes one run of each.
func (p *Pairs) Add(ours, theirs Side, of func(*Side) float64) {
	p.Ours, p.Theirs = append(p.Ours, ours), append(p.Theirs, theirs)
	p.Ratios = append(p.Ratios, of(&ours)/of(&theirs))
}

// Delivering are the ratios of what delivering took, where our side did more
// than that and a profile tells how much; the other side does nothing else.
func (p *Pairs) Delivering() (all []float64) {
	for i := range p.Ours {
		if share := p.Ours[i].EdgeShare; share > 0 {
			all = append(all, p.Ratios[i]*share)
		}
	}
	return all
}

// Median of numbers; 0 of none.
func Median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// MedianOf a figure of one side's runs.
func MedianOf(sides []Side, of func(*Side) float64) float64 {
	var all []float64
	for i := range sides {
		all = append(all, of(&sides[i]))
	}
	return Median(all)
}

// Text is for people: a line a side, then the ratio.
func (p *Pairs) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Setting)
	for _, side := range []struct {
		name string
		runs []Side
	}{{"outcry", p.Ours}, {"centrifuge", p.Theirs}} {
		fmt.Fprintf(&b, "  %-10s %s\n", side.name, line(side.runs))
	}
	least, most := slices.Min(p.Ratios), slices.Max(p.Ratios)
	fmt.Fprintf(&b, "  %s, ratio: %.3f (%.3f-%.3f)", p.What, Median(p.Ratios), least, most)
	if p.Target > 0 {
		fmt.Fprintf(&b, ", target at most %.2f: %s", p.Target, Reached(Median(p.Ratios) <= p.Target))
	}
	b.WriteByte('\n')
	if d := p.Delivering(); len(d) > 0 {
		fmt.Fprintf(&b, "  of delivering alone, by the profile: %.3f (%.3f-%.3f)\n", Median(d), slices.Min(d), slices.Max(d))
	}
	return b.String()
}

func line(runs []Side) string {
	figure := func(of func(*Side) float64) float64 { return MedianOf(runs, of) }
	if runs[0].Connections > 0 {
		return fmt.Sprintf("%d connections, %.1f KB of Go memory each, %.1f KB of RSS", runs[0].Connections,
			figure(func(s *Side) float64 { return s.KBOfGo }), figure(func(s *Side) float64 { return s.KBOfRSS }))
	}
	text := fmt.Sprintf("%.0f updates/s in, %.0f/s out, %.2f µs of CPU each, %.0f B, %.1f a message, p50 %.1f p99 %.1f ms, %.2f cores",
		figure(func(s *Side) float64 { return float64(s.Published) / s.Seconds }), figure(func(s *Side) float64 { return float64(s.Delivered) / s.Seconds }),
		figure((*Side).Micros), figure(func(s *Side) float64 { return float64(s.Bytes) / float64(max(s.Delivered, 1)) }),
		figure(func(s *Side) float64 { return float64(s.Delivered) / float64(max(s.Messages, 1)) }),
		figure(func(s *Side) float64 { return s.P50Ms }), figure(func(s *Side) float64 { return s.P99Ms }), figure(func(s *Side) float64 { return s.Cores }))
	if share := figure(func(s *Side) float64 { return s.EdgeShare }); share > 0 {
		text += fmt.Sprintf("; %.0f %% of it delivering", 100*share)
	}
	return text
}

// Reached as a word.
func Reached(ok bool) string {
	if ok {
		return "reached"
	}
	return "missed"
}
