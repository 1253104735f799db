package gatewaytest

import (
	"context"
	"errors"
	"fmt"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/gateways/fault"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// ErrUnknownRoom is what reading a room gives that does not exist.
var ErrUnknownRoom = errors.New("unknown room")

// CodeOf is session.Config's for this floor.
func CodeOf(err error) outcryv1.ErrorCode {
	if errors.Is(err, ErrUnknownRoom) {
		return outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE
}

// Commands is session.Config's: the fold decides at once.
func (f *Floor) Commands(user string) session.Commands { return speaker{f, user} }

type speaker struct {
	floor *Floor
	user  string
}

// Submit folds the command and tells the sinks before the answer, as a shard does.
func (s speaker) Submit(c *outcryv1.Command, done func(*outcryv1.Answer)) { s.submit(c, false, done) }

// SubmitStaff is Submit for who may moderate.
func (s speaker) SubmitStaff(c *outcryv1.Command, done func(*outcryv1.Answer)) {
	s.submit(c, true, done)
}

func (s speaker) submit(c *outcryv1.Command, staff bool, done func(*outcryv1.Answer)) {
	in := &outcryv1.RoomInput{User: s.user, ClientMsgId: c.GetClientMsgId(), Staff: staff}
	switch c := c.GetCommand().(type) {
	case *outcryv1.Command_Post:
		in.Input = &outcryv1.RoomInput_Post{Post: c.Post}
	case *outcryv1.Command_Join:
		in.Input = &outcryv1.RoomInput_Join{Join: c.Join}
	case *outcryv1.Command_Leave:
		in.Input = &outcryv1.RoomInput_Leave{Leave: c.Leave}
	case *outcryv1.Command_Settings:
		in.Input = &outcryv1.RoomInput_Settings{Settings: c.Settings}
	case *outcryv1.Command_Moderate:
		in.Input = &outcryv1.RoomInput_Moderate{Moderate: c.Moderate}
	}
	done(s.floor.decide(c, in))
}

func (f *Floor) decide(c *outcryv1.Command, in *outcryv1.RoomInput) *outcryv1.Answer {
	f.mu.Lock()
	h := f.room(c.GetRoom())
	h.facts.Reset()
	header := &events.Header{Source: "floor", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, IngestTime: now()}
	h.state.Fold(header, &outcryv1.RoomGroup{Room: c.GetRoom(), Inputs: []*outcryv1.RoomInput{in}}, &h.facts)
	h.messages = append(h.messages, h.facts.Items...)
	for _, s := range h.watches {
		if h.facts.Audience {
			s.AdmitRoom(h.state.Audience())
		}
		s.ChangeRoom(&h.facts)
	}
	o := h.facts.Outcomes[0]
	f.mu.Unlock()
	f.Flushed()
	a := &outcryv1.Answer{ClientMsgId: c.GetClientMsgId(), Room: c.GetRoom(), Outcome: o.Kind, Seq: o.Seq}
	if o.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED {
		a.Error = fault.NewError(o.Code, o.Text)
	}
	return a
}

// Behind says whether the store lacks rows: then no page can be read.
func (f *Floor) Behind(behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behind = behind
}

// Forget makes the floor a house that does not store its bars.
func (f *Floor) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgetful = true
}

// Messages is session.History's.
func (f *Floor) Messages(_ context.Context, q *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.behind {
		return nil, errors.New("rows are being caught up")
	}
	h := f.rooms[q.GetRoom()]
	if h == nil || len(h.messages) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknownRoom, q.GetRoom())
	}
	head, limit := uint64(len(h.messages)), uint64(q.GetLimit())
	from, to := q.GetAfterSeq(), min(head, q.GetAfterSeq()+limit)
	if from == 0 {
		to = head
		if before := q.GetBeforeSeq(); before > 0 {
			to = min(head, before-1)
		}
		from = to - min(to, limit)
	}
	return &outcryv1.MessagesResponse{Messages: h.messages[min(from, to):to], HeadSeq: head}, nil
}

// Trades is session.History's.
func (f *Floor) Trades(_ context.Context, q *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &outcryv1.TradesResponse{}
	for _, t := range f.instrument(q.GetInstrument()).trades {
		if t.Seq <= q.GetAfterSeq() {
			continue
		}
		if len(answer.Trades) == int(q.GetLimit()) {
			answer.More = true
			break
		}
		answer.Trades = append(answer.Trades, t)
	}
	return answer, nil
}

// ClosedBars is session.History's.
func (f *Floor) ClosedBars(_ context.Context, id string, r outcryv1.Resolution, after uint64, limit int) (bars []*outcryv1.Bar, more bool, lost uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l, resolution := f.instrument(id), int(r-outcryv1.Resolution_RESOLUTION_1S)
	if kept := l.state.Bars(resolution, nil); f.forgetful && len(kept) == instrument.BarsKept && kept[0].BarSeq > after+1 {
		lost = kept[0].BarSeq - 1
		after = lost
	}
	for _, b := range l.closed[resolution] {
		if b.BarSeq <= after {
			continue
		}
		if len(bars) == limit {
			return bars, true, lost, nil
		}
		bars = append(bars, b)
	}
	return bars, false, lost, nil
}
