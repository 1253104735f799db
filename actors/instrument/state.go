package instrument

import (
	"outcry/internal/digest"
	outcryv1 "outcry/proto/outcry/v1"
)

// State of one instrument. Bounded. Not for many goroutines.
//
// What every quote touches stands first and together: with 10,000
// instruments nothing of a state is in the processor's cache when its turn comes.
type State struct {
	hash   digest.Hash
	seq    uint64
	clock  int64 // µs
	ingest int64 // ns
	due    int64 // ns; 0 never
	// Seqs of the newest changes of these channels.
	quoteChange, statsChange uint64
	defined                  bool
	quote                    newestQuote
	seen                     windows
	block                    block
	session                  session
	*rest
}

// rest is what quotes don't touch, in memory of its own: the pages and cache
// lines that they touch are fewer.
type rest struct {
	trade     newestTrade
	rings     [Resolutions]ring
	barChange [Resolutions]uint64

	quoteVenue, quoteConditions string

	id         string
	counts     counts
	definition Definition
	status     outcryv1.TradingState
	reason     string
}

// counts since the beginning.
type counts struct {
	duplicates, late, gaps, cancels uint64
}

// New is an instrument that nothing is known of; ticks are refused until it is defined.
func New(id string) *State {
	s := &State{rest: &rest{id: id}}
	for r := range s.rings {
		s.rings[r] = ring{open: never, width: widths[r]}
	}
	return s
}

// Deadline is when Advance will next do something, ns; 0 never.
func (s *State) Deadline() int64 { return s.due }

// Hash is the rolling hash over everything that was decided.
func (s *State) Hash() digest.Hash { return s.hash }

// schedule finds the deadline anew.
func (s *State) schedule() {
	s.due = s.block.due()
	for r := range s.rings {
		if due := s.rings[r].due; due != 0 && (s.due == 0 || due < s.due) {
			s.due = due
		}
	}
}
