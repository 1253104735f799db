package session

import (
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/fault"
	"outcry/gateways/limit"
	outcryv1 "outcry/proto/outcry/v1"
)

// meter bounds what a client sends. What is beyond is refused; who goes on
// regardless, as if there were twice the bound, is sent away: refusing costs, too.
type meter struct {
	frames, bytes, refusals limit.Bucket
	heardAt                 time.Time
}

func newMeter(l *Limits) meter {
	return meter{frames: limit.NewBucket(l.FramesPerSecond), bytes: limit.NewBucket(l.BytesPerSecond), refusals: limit.NewBucket(l.FramesPerSecond)}
}

// overrun refuses a frame that is beyond the bounds.
func (s *Session) overrun(f *outcryv1.ClientFrame) bool {
	s.meter.heardAt = s.now
	wait := s.meter.frames.Take(s.now, weight(f))
	if wait == 0 && s.config.Limits.BytesPerSecond > 0 {
		wait = s.meter.bytes.Take(s.now, proto.Size(f))
	}
	if wait == 0 {
		return false
	}
	e := fault.NewErrorAfter(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, wait, "too much comes at a time; nothing was done")
	if s.meter.refusals.Take(s.now, 1) > 0 {
		s.end(e)
		return true
	}
	s.reply(refusalOf(f, e))
	return true
}

// weight of a frame: its topics, since each costs as much as a frame.
func weight(f *outcryv1.ClientFrame) int {
	return max(1, len(f.GetSubscribe().GetSubscriptions()), len(f.GetUnsubscribe().GetTopics()))
}

// Unreadable answers what the transport could not read as a frame.
func (s *Session) Unreadable(code outcryv1.ErrorCode, text string, now time.Time) {
	s.now = now
	if s.ended == nil && !s.overrun(nil) {
		s.Refuse(code, text)
	}
}

// refusalOf answers a frame as a whole, in the form in which its answer is waited for.
func refusalOf(f *outcryv1.ClientFrame, e *outcryv1.Error) *outcryv1.ServerFrame {
	switch f := f.GetFrame().(type) {
	case *outcryv1.ClientFrame_Subscribe:
		answer := &outcryv1.SubscribeAnswer{Request: f.Subscribe.GetRequest()}
		for _, want := range f.Subscribe.GetSubscriptions() {
			answer.Answers = append(answer.Answers, &outcryv1.TopicAnswer{Topic: want.GetTopic(), Error: e})
		}
		return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Subscribed{Subscribed: answer}}
	case *outcryv1.ClientFrame_Unsubscribe:
		answer := &outcryv1.SubscribeAnswer{Request: f.Unsubscribe.GetRequest()}
		for _, topic := range f.Unsubscribe.GetTopics() {
			answer.Answers = append(answer.Answers, &outcryv1.TopicAnswer{Topic: topic, Error: e})
		}
		return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Unsubscribed{Unsubscribed: answer}}
	case *outcryv1.ClientFrame_Command:
		return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Answer{Answer: &outcryv1.Answer{ClientMsgId: f.Command.GetClientMsgId(),
			Room: f.Command.GetRoom(), Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Error: e}}}
	case *outcryv1.ClientFrame_History:
		return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_History{History: &outcryv1.HistoryPage{
			Request: f.History.GetRequest(), Room: f.History.GetRoom(), Error: e}}}
	}
	return &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Error{Error: e}}
}

// idle ends a session that nobody has a use for. One that waits for anything has.
func (s *Session) idle() {
	within := s.config.Limits.Idle
	if within > 0 && len(s.topics)+len(s.waiting)+s.pending+s.reads.histories == 0 && s.now.Sub(s.meter.heardAt) >= within {
		s.end(failure(outcryv1.ErrorCode_ERROR_CODE_TIMED_OUT, "nothing is subscribed to, and nothing came for %s", within))
	}
}
