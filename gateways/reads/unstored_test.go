package reads

import (
	"testing"

	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

// unstored is a house without rows of 1s that has had n seconds with a trade each.
func unstored(t *testing.T, n int64) *house {
	h := newHouse(t)
	h.minutes = true
	for second := range n {
		h.print(second, 100+second, 1)
	}
	h.write()
	return h
}

const kept = instrument.BarsKept

// Breaks for users: a chart of seconds takes what is left for all there was, or waits for
// rows that never come; or one of minutes loses its bars.
func TestBarsThatAreNotStoredAreThoseThatAreKept(t *testing.T) {
	h := unstored(t, 300)
	looks := h.store.looks.Load()
	for name, c := range map[string]struct {
		ask        *outcryv1.BarsRequest
		first, n   int64
		more       bool
		next, from int64
	}{
		"all":                   {&outcryv1.BarsRequest{Limit: 1000}, 300 - kept, kept, false, 0, 300 - kept},
		"a page":                {&outcryv1.BarsRequest{Limit: 10}, 300 - kept, 10, true, 0, 300 - kept},
		"the newest":            {&outcryv1.BarsRequest{CountBack: 5}, 295, 5, false, 0, 300 - kept},
		"a part of what is":     {&outcryv1.BarsRequest{From: day0 + 100, To: day0 + 190, Limit: 1000}, 180, 10, false, 0, 300 - kept},
		"nothing of what is":    {&outcryv1.BarsRequest{From: day0 + 10, To: day0 + 20, Limit: 1000}, 0, 0, false, 0, 300 - kept},
		"behind the newest one": {&outcryv1.BarsRequest{From: day0 + 400, Limit: 1000}, 0, 0, false, 299, 300 - kept},
	} {
		c.ask.Instrument, c.ask.Resolution = h.id, outcryv1.Resolution_RESOLUTION_1S
		a, err := h.Bars(t.Context(), c.ask)
		if err != nil {
			t.Fatal(name, err)
		}
		if int64(len(a.Bars)) != c.n || a.More != c.more || a.KeptFrom != day0+c.from || c.next > 0 && a.NextTime != day0+c.next {
			t.Errorf("%s: %d bars, more %v, kept from %d, next %d", name, len(a.Bars), a.More, a.KeptFrom-day0, a.NextTime-day0)
		}
		for i, b := range a.Bars {
			if at := c.first + int64(i); b.Time != day0+at || b.Close != 100+at {
				t.Errorf("%s: bar %d is of %d and closes at %d", name, i, b.Time-day0, b.Close)
			}
		}
	}
	if now := h.store.looks.Load(); now != looks {
		t.Errorf("rows were looked for %d times", now-looks)
	}
	minutes, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1M, Limit: 1000})
	if err != nil || len(minutes.Bars) != 5 || minutes.KeptFrom != 0 || minutes.Bars[0].Volume != 60 {
		t.Errorf("minutes: %v, %v", minutes, err)
	}
}

// Breaks for users: a client that resumes takes bars that it never gets for bars that never
// were; or is told of a loss where there is none.
func TestOlderClosedBarsThatAreNotStoredAreToldAsLost(t *testing.T) {
	for name, c := range map[string]struct {
		seconds   int64
		revise    int64 // a second that gets one more trade in the end, -1 none
		after     uint64
		lost      uint64
		first, to uint64
	}{
		"from the first, and none has left":       {100, -1, 0, 0, 1, 99},
		"none has left, one was revised":          {100, 50, 0, 0, 1, 100},
		"from the first":                          {300, -1, 0, 300 - kept, 301 - kept, 299},
		"one that is not kept":                    {300, -1, 100, 300 - kept, 301 - kept, 299},
		"the newest that is not kept":             {300, -1, 300 - kept, 0, 301 - kept, 299},
		"one that is kept":                        {300, -1, 250, 0, 251, 299},
		"the head":                                {300, -1, 299, 0, 300, 299},
		"behind the hole of one that was revised": {300, 250, 260, 0, 261, 300},
		"before that hole":                        {300, 250, 249, 251, 252, 300},
	} {
		t.Run(name, func(t *testing.T) {
			h := unstored(t, c.seconds)
			if c.revise >= 0 {
				h.print(c.revise, 1000, 1)
			}
			after, lost, got := c.after, uint64(0), []uint64{}
			for more := true; more; {
				bars, m, l, err := h.ClosedBars(t.Context(), h.id, outcryv1.Resolution_RESOLUTION_1S, after, 50)
				if err != nil {
					t.Fatal(err)
				}
				more, lost = m, max(lost, l)
				for _, b := range bars {
					after = b.BarSeq
					got = append(got, b.BarSeq)
				}
			}
			if lost != c.lost {
				t.Errorf("up to %d are lost, want %d", lost, c.lost)
			}
			want := []uint64{}
			for seq := c.first; seq <= c.to; seq++ {
				if c.revise < 0 || seq != uint64(c.revise)+1 { // that version is not the newest
					want = append(want, seq)
				}
			}
			if len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
				t.Errorf("%v came, want %v", got, want)
			}
		})
	}
}
