package pair

import (
	"strings"
	"testing"
)

// Breaks for users: a target would be said to be reached by one lucky run, or with the sides exchanged.
func TestTheMedianOfTheRatiosIsWhatCounts(t *testing.T) {
	p := &Pairs{Setting: "a load", Target: 0.5, What: "CPU time"}
	for _, cores := range []float64{0.1, 0.9, 0.6} {
		p.Add(Side{Seconds: 2, Cores: cores, Delivered: 1000, Messages: 10, EdgeShare: 0.5}, Side{Seconds: 2, Cores: 1, Delivered: 1000, Messages: 10}, (*Side).Micros)
	}
	text := p.Text()
	for _, words := range []string{"ratio: 0.600 (0.100-0.900)", "at most 0.50: missed", "1200.00 µs of CPU each", "50 % of it delivering", "alone, by the profile: 0.300"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not in %s", words, text)
		}
	}
	if Median(nil) != 0 || (&Side{Seconds: 1, Cores: 1}).Micros() <= 0 {
		t.Error("nothing measured must not look like nothing used")
	}
}
