package path

import (
	"fmt"
	"strings"
	"time"
)

// Start is how long a server takes until it is open, on logs of several lengths.
type Start struct {
	When     time.Time   `json:"when"`
	Version  string      `json:"version"`
	Command  string      `json:"command"`
	Machine  Machine     `json:"machine"`
	Tail     int         `json:"tail"` // events after the newest checkpoint
	Measured []StartTime `json:"measured"`
}

// StartTime of one log: from the start of the process to its word that it is open.
type StartTime struct {
	Events   int       `json:"events"`
	LogBytes int64     `json:"log_bytes"`
	RowBytes int64     `json:"row_bytes"`
	Seconds  []float64 `json:"seconds"` // one a run
	Median   float64   `json:"median"`
}

// Add a run.
func (s *StartTime) Add(took time.Duration) {
	s.Seconds = append(s.Seconds, took.Seconds())
	s.Median = median(s.Seconds)
}

// Text is the result as people read it.
func (s *Start) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "machine     %s, %d cores, %s, %s; load %s before, %s after\n", s.Machine.CPU, s.Machine.Cores, s.Machine.OS, s.Machine.Go, s.Machine.LoadBefore, s.Machine.LoadAfter)
	for _, m := range s.Measured {
		fmt.Fprintf(&b, "start       %.2f s (%.2f) with %s events in the log, %s, and %s of rows; %s events after the checkpoint\n",
			m.Median, m.Seconds, count(float64(m.Events)), size(uint64(m.LogBytes)), size(uint64(m.RowBytes)), count(float64(s.Tail)))
	}
	return b.String()
}
