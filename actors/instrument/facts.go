package instrument

import (
	"fmt"

	outcryv1 "outcry/proto/outcry/v1"
)

// ClosedBar is a new version of a bar that is closed: it closed, or was revised after.
type ClosedBar struct {
	Resolution int
	Bar        Bar
}

// DirtyBar says that the stored bar (one that state no longer keeps) is no longer exact.
type DirtyBar struct {
	Resolution int
	Time       int64
}

// SequencedTrade is an accepted trade.
type SequencedTrade struct {
	Seq   uint64
	Trade Trade
}

// Wants is what a watcher is told of beyond the newest values: streams that cost memory
// for each instrument, and that most watchers never read.
type Wants uint8

// The streams: every trade, and the closed bars.
const (
	WantTrades Wants = 1 << iota
	WantBars
)

// Refusal of one tick; Index counts the ticks of the group. A refused tick
// leaves no trace in the state: it may be sent again.
type Refusal struct {
	Index int
	Code  outcryv1.ErrorCode
	Text  string
}

// Facts is what one Fold or Advance decided. The caller owns it and reuses
// it; Fold and Advance append to it, Reset empties it and keeps its memory
// (Blocks' Data is never reused). Every input of a group is counted in
// exactly one of Accepted, Duplicates, Late and Refused.
type Facts struct {
	Accepted, Duplicates, Late, Gaps uint64
	Refusals                         []Refusal // at most 100; Refused counts all
	Refused                          uint64
	Closed                           []ClosedBar
	Dirty                            []DirtyBar
	Blocks                           []Block
	// WantTrades asks for Trades (somebody watches them); kept by Reset.
	WantTrades bool
	Trades     []SequencedTrade
	// WantTally asks for Tally, the accepted trades summed; kept by Reset.
	WantTally bool
	Tally     Tally

	turn turn
	key  sourceKey
}

const refusalsMax = 100

// Reset empties f.
func (f *Facts) Reset() {
	clear(f.Refusals)
	clear(f.Blocks)
	clear(f.Trades)
	f.Accepted, f.Duplicates, f.Late, f.Gaps, f.Refused = 0, 0, 0, 0, 0
	f.Refusals, f.Closed, f.Dirty = f.Refusals[:0], f.Closed[:0], f.Dirty[:0]
	f.Blocks, f.Trades = f.Blocks[:0], f.Trades[:0]
	f.Tally.Reset()
}

// fault is why a tick is refused; nil where it is not.
type fault struct {
	code outcryv1.ErrorCode
	text string
}

func invalid(format string, args ...any) *fault {
	return &fault{outcryv1.ErrorCode_ERROR_CODE_INVALID, fmt.Sprintf(format, args...)}
}

func (f *Facts) refuse(index int, why *fault) {
	f.Refused++
	if len(f.Refusals) < refusalsMax {
		f.Refusals = append(f.Refusals, Refusal{Index: index, Code: why.code, Text: why.text})
	}
}

// dirty adds a bar, once for a run of the same.
func (f *Facts) dirty(d DirtyBar) {
	if n := len(f.Dirty); n == 0 || f.Dirty[n-1] != d {
		f.Dirty = append(f.Dirty, d)
	}
}
