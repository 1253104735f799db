package sqlite

import (
	"testing"
	"testing/synctest"
	"time"
)

// Rows that are written in one go take a processor from pushes; a store that rests
// while it is behind falls back for ever.
func TestTransactionsRestAsLongAsNothingWasToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		write := func(rows int) (rested time.Duration) {
			p.begin()
			defer p.end()
			start := time.Now()
			for range rows {
				p.did(1)
			}
			return time.Since(start)
		}
		if rested := write(1000); rested != 0 {
			t.Errorf("the first transaction rested for %v", rested)
		}
		time.Sleep(time.Millisecond)
		if rested := write(10_000); rested != time.Millisecond {
			t.Errorf("after a millisecond without work it rested for %v", rested)
		}
		if rested := write(10_000); rested != 0 {
			t.Errorf("it was behind and rested for %v", rested)
		}
		time.Sleep(time.Hour)
		if rested := write(paceRows * 100); rested < 99*paceRest || rested > 100*paceRest {
			t.Errorf("with time enough it rested for %v", rested)
		}
		if p.credit > paceMost {
			t.Errorf("an hour gave a credit of %v", p.credit)
		}
	})
}
