package kafka

import (
	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/reading"
)

// Subscriber reads one partition from exactly from on. Each Subscribe starts
// anew there; it fails with ErrGone where from is no longer kept, with
// ErrAhead where it lies behind the end. Acks are looked at in order: a Nack
// ends the subscription when all records before it are acknowledged. Retention
// that overtakes a reader closes its channel though the log goes on.
func (l *Log) Subscriber(from events.Position) message.Subscriber {
	log := reading.Log{
		Enter: func() error { return l.enter(&l.running) }, Leave: l.running.Done,
		Done: l.end.done, Waiting: l.config.Observer.Waiting,
	}
	return reading.NewSubscriber(log, from, func() (func(*reading.Out), error) {
		in, err := l.begin(from)
		if err != nil {
			return nil, err
		}
		s := &subscription{log: l, at: from, in: in}
		return s.run, nil
	})
}

// begin gives an inbox for a position from which a reader can start.
func (l *Log) begin(from events.Position) (*inbox, error) {
	t, err := l.find(from.Kind, from.Partition)
	if err != nil {
		return nil, err
	}
	first, next, err := l.Bounds(from.Kind, from.Partition)
	if err != nil {
		return nil, err
	}
	if err := wrongStart(from, first, next); err != nil {
		return nil, err
	}
	return l.hub.join(lane{t.name, from.Partition}, from.Offset)
}
