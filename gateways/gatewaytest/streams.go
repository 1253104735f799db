package gatewaytest

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

const second = outcryv1.Resolution_RESOLUTION_1S

// closed are the closed bars of an instrument's seconds.
func closed(id string) *outcryv1.Topic {
	return bars(outcryv1.Channel_CHANNEL_CLOSED_BARS, id, second)
}

// eachSecond demands bars of consecutive seconds whose close is 100 + the second.
func (r *reader) eachSecond(from, to int64) {
	r.t.Helper()
	if len(r.items) != int(to-from+1) {
		r.t.Fatalf("%d bars came, want those of %d to %d", len(r.items), from, to)
	}
	for i, item := range r.items {
		b, at := item.GetBar(), from+int64(i)
		if b.GetTime() != day+at || b.GetClose() != 100+at || b.GetState() != outcryv1.BarState_BAR_STATE_CLOSED || b.GetBarSeq() != item.GetSeq() {
			r.t.Fatalf("in place of the bar of second %d came %v", at, item)
		}
	}
}

// tradesTo prints one a second, so that the bar of each second before the last closes.
func (h *house) tradesTo(id string, from, to int64) {
	for at := from; at <= to; at++ {
		h.Trade(id, 100+at, at)
	}
}

// A chart with a bar too few or twice is wrong for ever.
func closedBars(t *testing.T, h *house) {
	h.Define("A")
	h.tradesTo("A", 0, 10)
	r := h.connect(t, "").follow(&outcryv1.Subscription{Topic: closed("A"), Recent: 3}).count(3)
	r.eachSecond(7, 9)
	h.tradesTo("A", 11, 20)
	r.count(13).eachSecond(7, 19)
}

// A chart that was away for long must be filled from the store without a seam.
func closedBarsResume(t *testing.T, h *house) {
	h.Define("A")
	h.tradesTo("A", 0, 10)
	p := h.connect(t, "")
	r := p.follow(after(closed("A"), 0)).count(10)
	p.Cut()
	h.tradesTo("A", 11, 400)
	next := h.connect(t, "").follow(after(closed("A"), r.cursor)).count(390)
	next.items = append(r.items, next.items...)
	next.eachSecond(0, 399)
}

// Breaks for users: bars that are no longer kept are left out without a word, or the
// client is told seconds later, or what is kept is not told.
func closedBarsLost(t *testing.T, h *house) {
	h.Forget()
	h.Define("A")
	h.tradesTo("A", 0, 400)
	r := h.connect(t, "").follow(after(closed("A"), 10)).count(119)
	r.eachSecond(281, 399)
	if len(r.lost) != 1 || r.lost[0].GetFromSeq() != 11 || r.lost[0].GetToSeq() != 281 {
		t.Errorf("told as lost: %v", r.lost)
	}
	h.tradesTo("A", 401, 500)
	r.count(219).eachSecond(281, 499)
	if len(r.lost) != 1 {
		t.Errorf("told as lost later: %v", r.lost[1:])
	}
}

// Time and sales without a print, or with one twice, add up to another volume.
func trades(t *testing.T, h *house) {
	topic := trading("A")
	h.Define("A")
	print := func(from, to int64) {
		for at := from; at <= to; at++ {
			h.Quote("A", at, at+1) // has a seq that is no trade's
			h.Trade("A", 100+at, at)
		}
	}
	p := h.connect(t, "")
	r := p.follow(to(topic))
	print(0, 9)
	r.count(10)
	p.Cut()
	print(10, 1999) // more than the relay keeps
	p = h.connect(t, "")
	next := p.follow(after(topic, r.cursor)).count(1990)
	print(2000, 2009)
	next.count(2000)
	next.items = append(r.items, next.items...)
	for i, item := range next.items {
		if item.GetTrade().GetPrice() != int64(100+i) {
			t.Fatalf("print %d is %v", i, item)
		}
	}
}

// A quiet stream must be told apart from a broken one: the heartbeat says how far nothing is missing.
func heartbeats(t *testing.T, h *house) {
	topic := trading("A")
	h.Define("A")
	p := h.connect(t, "")
	p.granted(to(topic), to(quotes("A")))
	h.Trade("A", 100, 1)
	p.frame("trade", func(f *outcryv1.ServerFrame) bool { return len(f.GetItems().GetItems()) == 1 })
	for range 20 {
		h.Quote("A", 5, 6)
	}
	h.Quote("A", 7, 8)
	newest, complete := uint64(0), uint64(0)
	p.frame("heartbeat that reaches the newest quote", func(f *outcryv1.ServerFrame) bool {
		if u := f.GetUpdate(); u.GetQuote().GetQuote().GetBidPrice() == 7 {
			newest = u.GetSeq()
		}
		for _, c := range f.GetHeartbeat().GetComplete() {
			if c.GetTopic().GetChannel() == topic.GetChannel() {
				complete = c.GetSeq()
			}
		}
		return newest > 0 && complete >= newest
	})
	if beat := p.frame("heartbeat", func(f *outcryv1.ServerFrame) bool { return f.GetHeartbeat() != nil }).GetHeartbeat(); beat.GetServerTimeNs() == 0 {
		t.Errorf("the heartbeat is %v", beat)
	}
}
