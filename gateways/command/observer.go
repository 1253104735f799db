package command

import (
	outcryv1 "outcry/proto/outcry/v1"
)

// Observer is told of the way of a command, by its client message id; nil funcs
// are skipped. They must not block: they are called by who submits, by the log,
// and perhaps in a room's turn.
type Observer struct {
	// Received is told of a command that is not malformed.
	Received func(user, room string, id [16]byte)
	// Durable is told when its record is.
	Durable func(id [16]byte)
	// Answered is told before the client's answer, once for each Received.
	Answered func(id [16]byte, a *outcryv1.Answer)
}

// received tells of a command and gives the done that tells of its answer.
func (o *Observer) received(user, room string, id [16]byte, done func(*outcryv1.Answer)) func(*outcryv1.Answer) {
	if o.Received != nil {
		o.Received(user, room, id)
	}
	if o.Answered == nil {
		return done
	}
	return func(a *outcryv1.Answer) {
		o.Answered(id, a)
		done(a)
	}
}

func (o *Observer) durable(id [16]byte) {
	if o.Durable != nil {
		o.Durable(id)
	}
}
