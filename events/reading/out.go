package reading

import (
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

const channelRecords = 64

// ErrEnded says that a subscription ends as it should: it is not wanted any
// more, its reader refused a record, or the log has ended.
var ErrEnded = errors.New("the subscription has ended")

// Out is where a subscription's records go. All of it is its goroutine's.
type Out struct {
	messages          chan *message.Message
	unwanted, closing <-chan struct{}
	log               Log
	flight            flight
}

// Send hands out a record as soon as there is room for it.
func (o *Out) Send(m *message.Message) error {
	if err := o.makeRoom(len(m.Payload)); err != nil {
		return err
	}
	select {
	case o.messages <- m:
		o.flight.push(m)
		return nil
	case <-o.flight.nacked():
	case <-o.closing:
	case <-o.log.Done:
	case <-o.unwanted:
	}
	return ErrEnded
}

// makeRoom lets go of what is acknowledged, and waits until n bytes may be under way, too.
func (o *Out) makeRoom(n int) error {
	for {
		select {
		case <-o.flight.acked():
			o.flight.pop()
			continue
		case <-o.flight.nacked():
			return ErrEnded
		default:
		}
		if !o.flight.full(n) {
			return nil
		}
		select {
		case <-o.flight.acked():
			o.flight.pop()
		case <-o.flight.nacked():
			return ErrEnded
		case <-o.closing:
			return ErrEnded
		case <-o.log.Done:
			return ErrEnded
		case <-o.unwanted:
			return ErrEnded
		}
	}
}

// Wait returns when wake says that there is something new, and lets go of what
// is acknowledged meanwhile.
func (o *Out) Wait(wake <-chan struct{}) error {
	if o.log.Waiting != nil {
		o.log.Waiting()
	}
	for {
		select {
		case <-wake:
			return nil
		case <-o.flight.acked():
			o.flight.pop()
			continue
		case <-o.flight.nacked():
		case <-o.closing:
		case <-o.log.Done:
		case <-o.unwanted:
		}
		return ErrEnded
	}
}

// Pause waits for d.
func (o *Out) Pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-o.closing:
	case <-o.log.Done:
	case <-o.unwanted:
	}
	return ErrEnded
}
