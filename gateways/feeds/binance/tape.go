package binance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// tape is how far one stream was passed on.
type tape struct {
	kind, symbol, instrument string
	// last id passed on; 0: none yet.
	last uint64
	// resumed: last is what the server knew, not what this feed saw.
	resumed bool
	newest  int64 // event time, ns
}

func (t *tape) trades() bool { return t.kind == "trade" || t.kind == "aggTrade" }

// message passes on one message.
func (l *line) message(ctx context.Context, m message) error {
	l.newest.Store(m.at.UnixNano())
	read, err := l.reader.Message(m.body, m.at)
	var refusal *feed.BinanceRefusal
	if errors.As(err, &refusal) {
		return refusal
	}
	if err != nil {
		return l.unread(err)
	}
	l.bad = 0
	l.hurry = l.hurry || read.Closing
	t := l.tapes[read.Stream]
	switch {
	case read.Stream == "": // an answer
		return nil
	case t == nil || read.ID == 0:
		l.ignored.Add(1)
		return nil
	case read.ID <= t.last:
		return l.again(ctx, t, &read, m.at)
	}
	if t.trades() && t.last != 0 && read.ID > t.last+1 {
		if err := l.fill(ctx, t, t.last+1, read.ID-1); err != nil {
			return err
		}
	}
	return l.pass(ctx, t, &read, m.at)
}

func (l *line) unread(err error) error {
	l.unreadable.Add(1)
	if l.bad++; l.bad == mostUnreadable {
		l.bad = 0
		return errGarbage
	}
	if l.bad == 1 {
		l.tell(Notice{Kind: "unreadable", Text: fmt.Sprintf("a message can't be read: %v", err)})
	}
	return nil
}

// foreign is how far below the newest trade that the server knows a first one
// may be before they can't be ids of the same kind: another feed is seconds ahead at most.
const foreign = 100_000

// restarted is how much later than the newest trade one with a lower id must be to show that ids began again.
const restarted = int64(time.Minute)

// again decides on a message that was passed on before, or seems so.
func (l *line) again(ctx context.Context, t *tape, m *feed.BinanceMessage, received time.Time) error {
	later := eventTime(m.Event)-t.newest > restarted
	switch {
	case t.resumed && (later || t.last-m.ID > foreign):
		t.last, t.resumed = 0, false // the server's newest is of another epoch, or of the other kind of trades
		return l.pass(ctx, t, m, received)
	case t.trades() && !t.resumed && later:
		return &finalError{fmt.Errorf("the ids of %s began again at %d after %d: give another epoch to take them as new ones", t.instrument, m.ID, t.last)}
	}
	l.repeated.Add(1)
	return nil
}

// pass puts an input into the queue.
func (l *line) pass(ctx context.Context, t *tape, m *feed.BinanceMessage, at time.Time) error {
	if m.Event == nil { // such as a trade that was no deal of the market
		l.ignored.Add(1)
		t.last = m.ID
		return nil
	}
	if err := l.push(ctx, queued{m.Event, at}); err != nil {
		return err
	}
	t.last, t.resumed = m.ID, false
	t.newest = max(t.newest, eventTime(m.Event))
	return nil
}

func eventTime(ev *outcryv1.IngestEvent) int64 {
	if ev == nil {
		return 0
	}
	return max(ev.GetTrade().GetEventTimeNs(), ev.GetQuote().GetEventTimeNs())
}
