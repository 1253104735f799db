package host

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Whoever watches must not notice that a store hangs, fails or crawls; and when it is
// well again, its rows must be those of a day without trouble.
func TestAnOutageDelaysNoPushAndLosesNoRow(t *testing.T) {
	for name, m := range map[string]mood{"hangs": hangs, "fails": fails, "slow": slow} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutage(t)
				o.open()
				o.tradeAndPush(300)
				o.store.turn(m)
				for range 10 {
					o.tradeAndPush(200)
				}
				after := <-o.owing
				if _, whole := o.host.RowsWhole(events.Instrument, "A"); whole {
					t.Error("the rows are said to be whole")
				}
				if b := o.writer.Backlog(); b.Rows > rowsWaiting || b.Rows < rowsWaiting/2 {
					t.Errorf("%d rows wait, at most %d may", b.Rows, rowsWaiting)
				}
				if owed := o.host.Owed(time.Now()); owed.Shards == 0 || owed.Since <= 0 {
					t.Errorf("owed: %+v", owed)
				}
				o.store.turn(well)
				o.tradeAndPush(300) // goes on being written meanwhile
				if until := <-o.paid; until <= after {
					t.Errorf("caught up from %d to %d", after, until)
				}
				checkpoints := len(o.made)
				o.tradeAndPush(300)
				if len(o.made) == checkpoints {
					t.Error("no checkpoint is taken any more")
				}
				o.settled()
				o.close()
				o.sameAsOracle()
			})
		})
	}
}

// New rows are written while the old ones are missing: whoever looks at the table sees today's prices.
func TestNewRowsAreWrittenBeforeTheMissingOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.open()
		o.tradeAndPush(100)
		o.store.turn(hangs)
		o.tradeAndPush(2000)
		<-o.owing
		// Another shard's catch-up is under way: this one has to wait.
		o.host.catchUps <- struct{}{}
		o.store.turn(well)
		o.tradeAndPush(600)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if at, now := time.UnixMicro(o.store.now().Latest["A"].GetClockUs()), o.clock; now.Sub(at) > 10*time.Second {
			t.Errorf("the newest price stored is of %v, now is %v", at, now)
		}
		if len(o.paid) > 0 {
			t.Error("caught up in spite of the other")
		}
		<-o.host.catchUps
		<-o.paid
		o.settled()
		o.close()
		o.sameAsOracle()
	})
}

// A store that goes away once more while it catches up must not be taken for one that has everything.
func TestASecondOutageDuringTheCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.open()
		o.tradeAndPush(300)
		for range 4 {
			o.store.turn(fails)
			o.tradeAndPush(700)
			o.store.turn(slow)
			o.tradeAndPush(100)
		}
		if len(o.paid) > 0 {
			t.Fatal("caught up: the outages were too short to test anything")
		}
		o.store.turn(well)
		<-o.paid
		if len(o.owing) != 1 {
			t.Errorf("%d debts", len(o.owing))
		}
		o.settled()
		o.close()
		o.sameAsOracle()
	})
}

// A process that is killed while it owes rows, or catches up, begins again at the newest stored checkpoint: nothing more is needed.
func TestKilledWhileItOwesRows(t *testing.T) {
	for _, catching := range []bool{false, true} {
		t.Run(fmt.Sprint("catching up ", catching), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutage(t)
				o.open()
				o.tradeAndPush(900)
				o.store.turn(hangs)
				o.tradeAndPush(2000)
				<-o.owing
				if catching {
					o.store.turn(slow)
					o.trade(50)
				}
				o.kill()
				o.open()
				o.tradeAndPush(100)
				o.settled()
				o.close()
				o.sameAsOracle()
			})
		})
	}
}

// A process that was killed while it caught up left rows behind a hole: the next one must not
// believe the newest of them before its own fold has closed the hole.
func TestAfterAKillRowsAreWholeOnceTheStartsFoldIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.open()
		o.tradeAndPush(300)
		o.kill()
		o.trade(50)
		o.store.turn(hangsWriting)
		o.open()
		folded(t, o.host, o.last[0])
		time.Sleep(3 * time.Second)
		if _, whole := o.host.RowsWhole(events.Instrument, "A"); whole {
			t.Error("said to be whole while the store has none of them")
		}
		o.store.turn(well)
		time.Sleep(5 * time.Second)
		if _, whole := o.host.RowsWhole(events.Instrument, "A"); !whole {
			t.Error("never said to be whole")
		}
		o.close()
	})
}

// A stop must not wait for a store that is away: the next start folds more of the log.
func TestAStopWhileRowsAreOwedIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.open()
		o.tradeAndPush(900)
		o.store.turn(hangs)
		o.tradeAndPush(2000)
		<-o.owing
		start := time.Now()
		if err := o.host.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("it took %v", took)
		}
		o.end()
		o.running.Wait()
		o.store.turn(well)
		o.open()
		o.settled()
		o.close()
		o.sameAsOracle()
	})
}

// A doubt about a bar whose row is among the missing ones must come after that row, or it is forgotten.
func TestAMarkOnAMissingBarIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.open()
		o.tradeAndPush(100)
		o.store.turn(hangs)
		o.tradeAndPush(3000) // five minutes of the tape: the first bars of them have left the state
		<-o.owing
		gone := o.clock.Add(-200 * time.Second)
		o.host.catchUps <- struct{}{}
		o.store.turn(well)
		o.tradeAndPush(300)
		o.n++
		o.last[0] = o.tape(o.clock, "C", []events.Tick{trade(o.n, gone, 1000)})
		o.tradeAndPush(300)
		time.Sleep(3 * time.Second)
		<-o.host.catchUps
		<-o.paid
		o.settled()
		o.close()
		o.sameAsOracle()
		if name := (barName{"C", outcryv1.Resolution_RESOLUTION_1S, gone.Unix()}); !o.store.now().Dirty[name] {
			t.Error("the bar is not marked")
		}
	})
}

// Whatever a store does and when, the rows that are said to be whole are whole,
// and in the end all are those of a day without trouble.
func TestAnyTroubleEndsWithTheSameRows(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { anyTrouble(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func anyTrouble(t *testing.T, r *rand.Rand) {
	o := newOutage(t)
	o.open()
	o.trade(300) // marks and checkpoints
	for range 8 + r.IntN(12) {
		switch m := mood(r.IntN(5)); {
		case m <= slow:
			o.store.turn(m)
		case r.IntN(4) == 0:
			o.kill()
			o.open()
		}
		o.tradeAndPush(50 + r.IntN(500))
		if r.IntN(3) == 0 {
			time.Sleep(time.Duration(r.IntN(4000)) * time.Millisecond)
		}
		o.checkWhole()
	}
	o.store.turn(well)
	o.settled()
	o.close()
	o.sameAsOracle()
}

// checkWhole demands that where rows are said to be whole, a stored bar says that all before it are stored.
func (o *outage) checkWhole() {
	o.t.Helper()
	before, whole := o.host.RowsWhole(events.Instrument, "C")
	have := o.store.now()
	if after, _ := o.host.RowsWhole(events.Instrument, "C"); !whole || after != before {
		return
	}
	seqs, highest := map[uint64]bool{}, uint64(0)
	for name, b := range have.Bars {
		if name.instrument == "C" && name.resolution == outcryv1.Resolution_RESOLUTION_1S && b.BarSeq > 0 {
			seqs[b.BarSeq] = true
			highest = max(highest, b.BarSeq)
		}
	}
	for seq := uint64(1); seq <= highest; seq++ {
		if !seqs[seq] {
			o.t.Fatalf("the rows are said to be whole, bar %d is stored and bar %d is not", highest, seq)
		}
	}
}
