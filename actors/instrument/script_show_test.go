package instrument

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// report tells the facts and forgets them.
func (s *script) report() {
	f, before := &s.facts, len(s.out)
	var counts []string
	for i, n := range []uint64{f.Accepted, f.Duplicates, f.Late, f.Gaps, f.Refused} {
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%s %d", []string{"accepted", "duplicates", "late", "gaps", "refused"}[i], n))
		}
	}
	if counts != nil {
		s.say("%s", strings.Join(counts, ", "))
	}
	for _, r := range f.Refusals {
		s.say("refused %d %s: %s", r.Index, strings.TrimPrefix(r.Code.String(), "ERROR_CODE_"), r.Text)
	}
	for i, c := range f.Closed {
		if n := len(f.Closed); n > 12 && i == 4 {
			s.say("... %d more", n-8)
		} else if n <= 12 || i < 4 || i >= n-4 {
			s.say("version %s", bartext(c.Resolution, &c.Bar))
		}
	}
	for _, d := range f.Dirty {
		s.say("dirty %s %s", []string{"1s", "1m"}[d.Resolution], clock(d.Time*second))
	}
	for _, b := range f.Blocks {
		s.say("block %d..%d of %d ticks, %s to %s, %d bytes", b.FirstSeq, b.LastSeq, b.Ticks, clock(b.FirstTimeNs), clock(b.LastTimeNs), len(b.Data))
	}
	if len(s.out) == before {
		s.say("nothing")
	}
	f.Reset()
}

func (s *script) show(what string) {
	var v View
	s.state.View(&v)
	switch what {
	case "quote":
		q := v.Quote
		s.say("quote %dx%d %dx%d absent %d at %s seq %d venue %q", q.BidPrice, q.BidSize, q.AskPrice, q.AskSize, q.Absent, clock(q.EventTime), v.QuoteSeq, q.Venue)
	case "trade":
		s.say("trade %dx%d side %d id %q at %s conditions %q", v.Trade.Price, v.Trade.Size, v.Trade.Side, v.Trade.TradeID, clock(v.Trade.EventTime), v.Trade.Conditions)
	case "stats":
		st := v.Stats
		s.say("session %s: %d %d %d %d, volume %d, bought %d, turnover %d, %d trades, %d quotes, before %d", clock(st.Session*second),
			st.Open, st.High, st.Low, st.Last, st.Volume, st.BuyVolume, st.Turnover.Lo, st.Trades, st.Quotes, st.PreviousClose)
	case "counts":
		s.say("seq %d, cancels %d, duplicates %d, late %d, gaps %d", v.Seq, v.Cancels, v.Duplicates, v.Late, v.Gaps)
	case "status":
		s.say("status %s %q", strings.TrimPrefix(v.Status.String(), "TRADING_STATE_"), v.StatusReason)
	case "deadline":
		s.say("deadline %s", clock(s.state.Deadline()))
	case "1s", "1m":
		resolution := map[string]int{"1s": Second, "1m": Minute}[what]
		for _, b := range s.state.Bars(resolution, nil) {
			s.say("bar %s", bartext(resolution, &b))
		}
	default:
		s.t.Fatalf("nothing to show as %q", what)
	}
}

func (s *script) say(format string, args ...any) { s.out = append(s.out, fmt.Sprintf(format, args...)) }

func bartext(resolution int, b *Bar) string {
	dirty := map[bool]string{true: " dirty"}[b.Dirty]
	return fmt.Sprintf("%s %s: %d %d %d %d, volume %d, bought %d, turnover %d, %d trades %d..%d, %s.%d #%d%s", []string{"1s", "1m"}[resolution],
		clock(b.Time*second), b.Open, b.High, b.Low, b.Close, b.Volume, b.BuyVolume, b.Turnover.Lo, b.Trades, b.FirstSeq, b.LastSeq,
		strings.TrimPrefix(b.State.String(), "BAR_STATE_"), b.Revision, b.BarSeq, dirty)
}

func clock(ns int64) string {
	if ns == 0 {
		return "never"
	}
	text := time.Unix(0, ns).UTC().Format("15:04:05.999999999")
	if days := (ns - at0) / day; days > 0 {
		text += "+" + strconv.FormatInt(days, 10)
	}
	return text
}
