package command

import (
	"context"
	"time"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// pauses before each reading of a message that the room does not know. Rows
// come up to about two seconds after the decision, so the first reading may be too early.
var pauses = [...]time.Duration{0, 300 * time.Millisecond, 1500 * time.Millisecond}

// readLater reads the message that a command names, and sends the command again.
func (c *Commander) readLater(k *call) {
	pause := pauses[k.reads]
	k.reads++
	if pause == 0 {
		c.wantRead(k)
		return
	}
	time.AfterFunc(pause, func() { k.session.turn(func() { c.wantRead(k) }) })
}

func (c *Commander) wantRead(k *call) {
	select {
	case c.stale <- k:
	default:
		k.session.refuse(k, overloaded("the server has too many messages to read"))
	}
}

// read serves commands whose message is to be read.
func (c *Commander) read(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case k := <-c.stale:
			c.readOne(ctx, k)
		}
	}
}

func (c *Commander) readOne(ctx context.Context, k *call) {
	s, late := k.session, false
	s.turn(func() { late = k.answered })
	if late {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Limits.Wait)
	defer cancel()
	seq := olderMessage(k.input)
	m, asOf, err := c.config.Messages.Message(ctx, k.command.Room, seq)
	if err != nil {
		c.config.Logger.Warn("reading a message for a command", "room", k.command.Room, "seq", seq, "err", err)
	}
	s.turn(func() {
		switch {
		case k.answered:
		case err != nil:
			s.refuse(k, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, "the message can't be read now; nothing was done"))
		case m == nil && asOf >= seq:
			s.refuse(k, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, "the message is not kept any more"))
		default:
			if m != nil {
				k.input.Base = &outcryv1.Base{Message: m, AsOfSeq: asOf}
			}
			s.enqueue(k)
		}
	})
}
