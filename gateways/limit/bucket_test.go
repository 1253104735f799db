package limit

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Breaks for users: a refused client that waits as long as it was told would be
// refused again, or a flood would get more through than the bound says.
func TestABucketKeepsItsRateAndItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSecond := rapid.IntRange(1, 2000).Draw(t, "perSecond")
		b, now := NewBucket(perSecond), time.Unix(1_700_000_000, 0)
		begin, taken := now, 0
		for range rapid.IntRange(1, 200).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			n := rapid.IntRange(1, 3*perSecond).Draw(t, "n")
			wait := b.Take(now, n)
			if wait == 0 {
				taken += n
				continue
			}
			if wait > BurstSeconds*time.Second {
				t.Fatalf("told to wait %s for %d", wait, n)
			}
			if again := b.Take(now.Add(wait+time.Microsecond), n); again > 0 {
				t.Fatalf("after %s told to wait %s more", wait, again)
			}
			now, taken = now.Add(wait+time.Microsecond), taken+n
		}
		if most := float64(perSecond) * (now.Sub(begin).Seconds() + BurstSeconds); float64(taken) > most+1 {
			t.Fatalf("%d got through in %s at %d a second", taken, now.Sub(begin), perSecond)
		}
	})
}

// Breaks for users: somebody whose bound is off would be refused; something that
// is larger than a burst could never be sent.
func TestWhatIsUnboundedOrLargeIsTaken(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, b := range []Bucket{{}, NewBucket(0)} {
		if wait := b.Take(now, 1<<30); wait > 0 || !b.full(now) {
			t.Errorf("without a bound told to wait %s", wait)
		}
	}
	if wait := NewBucket(10).Take(now, 1<<30); wait > 0 {
		t.Errorf("told to wait %s for what is larger than a burst", wait)
	}
}

// Breaks for users: one who posts too much would get a fresh budget by connecting
// again; and names made up by the thousand would fill the memory, or shut out the others for ever.
func TestBudgetsOutliveConnectionsAndAreBounded(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := NewBudgets[string](1, 2000)
	for range BurstSeconds {
		if wait := b.Take("ann", now, 1); wait > 0 {
			t.Fatal(wait)
		}
	}
	refused := 0
	for i := range 5000 {
		if b.Take(fmt.Sprint("made up ", i), now, 1) > 0 {
			refused++
		}
	}
	if n := len(b.mu.buckets); n > 2000 || refused != 5000-1999 {
		t.Errorf("%d are remembered, %d were refused", n, refused)
	}
	if wait := b.Take("ann", now, 1); wait <= 0 {
		t.Error("whoever came among many was forgotten")
	}
	later := now.Add(BurstSeconds * time.Second)
	if wait := b.Take("bob", later, 1); wait > 0 {
		t.Errorf("with all budgets full again a new one waits %s", wait)
	}
	if n := len(b.mu.buckets); n > 1 {
		t.Errorf("%d are remembered whose budget is full", n)
	}
	var none *Budgets[string]
	if none.Take("ann", now, 1<<20) > 0 || NewBudgets[string](0, 1).Take("ann", now, 1<<20) > 0 {
		t.Error("without a bound somebody waits")
	}
}

// Breaks for users: a place that is given back too often lets too many in, one
// that is not given back shuts its owner out.
func TestCountsKeepWhoIsHere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(t, "most")
		c, here := NewCounts[int](most), map[int]int{}
		for range 100 {
			key := rapid.IntRange(0, 2).Draw(t, "key")
			if here[key] > 0 && rapid.Bool().Draw(t, "leaves") {
				c.Leave(key)
				here[key]--
			} else if in := c.Enter(key); in != (here[key] < most) {
				t.Fatalf("with %d of %d here: %t", here[key], most, in)
			} else if in {
				here[key]++
			}
		}
		for key, n := range here {
			for range n {
				c.Leave(key)
			}
		}
		if len(c.mu.n) != 0 {
			t.Fatalf("after all left: %v", c.mu.n)
		}
	})
}
