package instrument

// session counts one trading session: a UTC day, the only calendar there is.
type session struct {
	any    bool
	day    int32 // since 1970
	quotes uint64
	close  int64 // last price of the newest session before that had a trade
	sums   sums
}

// roll moves to the session of at, if that is a later one. False: at is of an
// earlier session, whose statistics are final.
func (s *session) roll(at int64) bool {
	d := dayOf(at)
	if s.any && d <= s.day {
		return d == s.day
	}
	if s.sums.trades > 0 {
		s.close = s.sums.close
	}
	*s = session{any: true, day: d, close: s.close}
	return true
}

// quote counts one; false when it is of an earlier session.
func (s *session) quote(at int64) bool {
	if !s.roll(at) {
		return false
	}
	s.quotes++
	return true
}

// trade adds one; false when it is of an earlier session.
func (s *session) trade(t *trade) bool {
	if !s.roll(t.at) {
		return false
	}
	s.sums.add(t)
	return true
}

// holds says whether the volume stays within int64 with so much more.
func (s *session) holds(at, size int64) bool {
	return !s.any || dayOf(at) != s.day || s.sums.volume+size > 0
}

func (s *session) view() Stats {
	return Stats{Session: int64(s.day) * (day / second), Open: s.sums.open, High: s.sums.high, Low: s.sums.low, Last: s.sums.close,
		Volume: s.sums.volume, BuyVolume: s.sums.buy, Turnover: s.sums.turnover, Trades: s.sums.trades, Quotes: s.quotes,
		PreviousClose: s.close}
}
