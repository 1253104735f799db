package binance

import (
	"context"
	"fmt"
	"time"
)

const (
	// pageTime is how long one page of trades may take, while the connection
	// waits: an exchange that is asked too often answers again after a minute or two.
	pageTime = 3 * time.Minute
	// fillTries is how often trades are asked for that are not there yet: the
	// exchange's REST may be a moment behind its streams.
	fillTries = 3
	fillWait  = 500 * time.Millisecond
)

// fill passes on the trades from and to, fetched by REST; what can't be fetched
// is told as a gap. An error is of ctx.
func (l *line) fill(ctx context.Context, t *tape, from, to uint64) error {
	if n := to - from + 1; l.rest != nil && n > l.config.MostMissing {
		l.gap(t, from, to-l.config.MostMissing, "more than are fetched")
		from = to - l.config.MostMissing + 1
	}
	if l.rest == nil {
		l.gap(t, from, to, "there is no REST URL to fetch them from")
		return nil
	}
	begun, first := l.filled.Load(), from
	for tries := 0; from <= to; {
		next, err := l.page(ctx, t, from, to)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case next > from:
			from, tries = next, 0
			continue
		case err == nil && tries < fillTries:
			tries++
			err = pause(ctx, fillWait)
		case err == nil:
			err = fmt.Errorf("the exchange does not give them")
		}
		if err != nil {
			l.gap(t, from, to, err.Error())
			break
		}
	}
	if n := l.filled.Load() - begun; n > 0 {
		l.tell(Notice{Kind: "filled", Instrument: t.instrument, From: first, To: to,
			Text: fmt.Sprintf("%s: fetched trades that were missed between %d and %d", t.instrument, first, to)})
	}
	return nil
}

// page fetches some trades and says which is wanted next.
func (l *line) page(ctx context.Context, t *tape, from, to uint64) (next uint64, err error) {
	fetching, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	trades, err := l.rest.past(fetching, t, from)
	if err != nil {
		return from, err
	}
	next = from
	for _, body := range trades {
		m, err := l.reader.PastTrade(t.symbol, body, time.Now())
		if err != nil {
			return next, err
		}
		if m.ID < next || m.ID > to {
			continue
		}
		if m.ID > next {
			l.gap(t, next, m.ID-1, "the exchange does not give them")
		}
		if err := l.pass(ctx, t, &m, time.Now()); err != nil {
			return next, err
		}
		l.filled.Add(1)
		next = m.ID + 1
	}
	return next, nil
}

// gap tells of trades that are missing for good.
func (l *line) gap(t *tape, from, to uint64, why string) {
	l.gaps.Add(1)
	l.missing.Add(to - from + 1)
	l.tell(Notice{Kind: "gap", Instrument: t.instrument, From: from, To: to,
		Text: fmt.Sprintf("%s: %d trades are missing, %d to %d: %s", t.instrument, to-from+1, from, to, why)})
}
