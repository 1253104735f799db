package stall

import (
	"fmt"
	"slices"
	"strings"
)

// Return is how one client came back; times in ns.
type Return struct {
	Hello  int64 // when the server greeted it again; 0: never
	Caught int64 // when it had the message that was posted after the restart; 0: never
	Fault  string
}

// Storm is what `outcry bench storm` finds out.
type Storm struct {
	Clients  int     `json:"clients"`
	Back     int     `json:"back"`
	Caught   int     `json:"caught"`
	SpreadMs float64 `json:"spread_ms"` // that the server announced
	OpenMs   float64 `json:"open_ms"`   // from the kill until the new server said that it is open
	// Busiest is the most greetings in any 100 ms; Share is that of the mean of the announced spread.
	Busiest int     `json:"busiest"`
	Share   float64 `json:"share"`
	// HelloMs and CaughtMs are of the median and the last client, since the kill.
	HelloMs  [2]float64 `json:"hello_ms"`
	CaughtMs [2]float64 `json:"caught_ms"`
	Faults   []string   `json:"faults,omitempty"` // some
}

// StormMost is what Share may be.
const StormMost = 3

const stormWindow = int64(100e6)

// Take adds what the clients say; killed is when the server was, ns.
func (s *Storm) Take(all []Return, killed int64) {
	var hellos, caught []int64
	for i := range all {
		r := &all[i]
		if r.Hello > 0 {
			hellos = append(hellos, r.Hello)
		}
		if r.Caught > 0 {
			caught = append(caught, r.Caught)
		}
		if r.Fault != "" && len(s.Faults) < 5 {
			s.Faults = append(s.Faults, fmt.Sprintf("client %d: %s", i, r.Fault))
		}
	}
	s.Back, s.Caught = len(hellos), len(caught)
	s.HelloMs, s.CaughtMs = since(hellos, killed), since(caught, killed)
	s.Busiest = busiest(hellos)
	if s.SpreadMs > 0 {
		s.Share = float64(s.Busiest) / (float64(s.Clients) * float64(stormWindow) / (s.SpreadMs * 1e6))
	}
}

// since the kill: the median's and the last one's, ms.
func since(times []int64, killed int64) (r [2]float64) {
	if len(times) == 0 {
		return r
	}
	slices.Sort(times)
	for i, t := range []int64{times[len(times)/2], times[len(times)-1]} {
		r[i] = float64(t-killed) / 1e6
	}
	return r
}

// busiest counts the most in any window; times are sorted.
func busiest(times []int64) (most int) {
	from := 0
	for to := range times {
		for times[to]-times[from] >= stormWindow {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

// Text is for people.
func (s *Storm) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kill -9 under %d clients; the new server was open after %.0f ms; announced spread %.0f ms\n", s.Clients, s.OpenMs, s.SpreadMs)
	fmt.Fprintf(&b, "  back %d, caught up %d\n", s.Back, s.Caught)
	for _, f := range s.Faults {
		fmt.Fprintf(&b, "    %s\n", f)
	}
	fmt.Fprintf(&b, "  busiest 100 ms: %d greetings, %.2f of the mean of the spread (at most %d)\n", s.Busiest, s.Share, StormMost)
	fmt.Fprintf(&b, "  since the kill: greeted %.0f ms (median), %.0f ms (last); caught up %.0f, %.0f ms\n", s.HelloMs[0], s.HelloMs[1], s.CaughtMs[0], s.CaughtMs[1])
	return b.String()
}
