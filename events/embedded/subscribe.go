package embedded

import (
	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/reading"
)

// batchRecords are taken from memory, or read, between two looks at the tail.
const batchRecords = 64

// Subscriber reads one partition from exactly from on. Each Subscribe starts
// anew there; it fails with ErrGone where from is no longer kept, with
// ErrAhead where it lies behind the end. Acks are looked at in order: a Nack
// ends the subscription when all records before it are acknowledged. Retention
// that overtakes a reader closes its channel though the log goes on.
func (l *Log) Subscriber(from events.Position) message.Subscriber {
	log := reading.Log{Enter: l.enter, Leave: l.subs.Done, Done: l.end.done, Waiting: l.config.Observer.Waiting}
	return reading.NewSubscriber(log, from, func() (func(*reading.Out), error) {
		stream, err := l.begin(from)
		if err != nil {
			return nil, err
		}
		s := &subscription{log: l, stream: stream, next: from.Offset, wake: make(chan struct{}, 1)}
		return s.run, nil
	})
}

// enter counts a subscription in, unless it is too late.
func (l *Log) enter() error {
	l.end.Lock()
	defer l.end.Unlock()
	switch {
	case l.end.closed:
		return ErrClosed
	case l.end.err != nil:
		return l.end.err
	}
	l.subs.Add(1)
	return nil
}
