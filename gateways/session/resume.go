package session

import (
	"errors"
	"maps"
	"slices"
	"time"

	"outcry/gateways/fault"
	"outcry/gateways/resume"
	outcryv1 "outcry/proto/outcry/v1"
)

// tokens are when the client is given its next resume token.
type tokens struct {
	stale   bool      // what is subscribed to has changed since the last one
	renewAt time.Time // the last one has half of its life left; zero: there is none
}

// returning is what a hello brought to go on with; a refusal leaves the client to subscribe by itself.
type returning struct {
	state   *outcryv1.ResumeState // nil: nothing
	cursors []*outcryv1.Complete
	refusal *outcryv1.Error
}

// resume opens a token that a hello brought: nothing of it is done yet.
func (s *Session) resume(m *outcryv1.Resume) returning {
	switch {
	case m == nil:
		return returning{}
	case s.config.Resume == nil:
		return returning{refusal: invalid("this server gives no resume tokens and takes none")}
	}
	state, err := s.config.Resume.Open(m.GetToken(), s.user, s.now)
	switch {
	case errors.Is(err, resume.ErrForeign):
		return returning{refusal: fault.NewError(outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, err.Error())}
	case err != nil:
		refusal := invalid("%v", err)
		refusal.Retry = outcryv1.Retry_RETRY_RESYNC
		return returning{refusal: refusal}
	}
	return returning{state: state, cursors: m.GetCursors()}
}

// goOn subscribes to what a token holds, from the cursors that the client has. Those of another log are void.
func (s *Session) goOn() {
	state, cursors := s.back.state, s.back.cursors
	s.back = returning{}
	if state == nil {
		return
	}
	at := map[topicKey]uint64{}
	if state.GetLineage() != s.config.Lineage {
		s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Reset_{Reset_: &outcryv1.Reset{Lineage: s.config.Lineage}}})
		cursors = nil
	}
	for _, c := range cursors {
		if key, refusal := keyOf(c.GetTopic()); refusal == nil {
			at[key] = c.GetSeq()
		}
	}
	wanted := &outcryv1.Subscribe{}
	for _, g := range state.GetTopics() {
		for _, id := range g.GetIds() {
			one := &outcryv1.Subscription{MaxPerSecond: g.GetMaxPerSecond(), Recent: g.GetRecent(), UnackedMax: g.GetUnackedMax(),
				Topic: &outcryv1.Topic{Channel: g.GetChannel(), Id: id, Resolution: g.GetResolution()}}
			if key, refusal := keyOf(one.Topic); refusal == nil {
				if seq, ok := at[key]; ok {
					one.AfterSeq = &seq
				}
			}
			wanted.Subscriptions = append(wanted.Subscriptions, one)
		}
	}
	s.subscribe(wanted)
}

// token is the next one; nil where the last one holds, or nothing is subscribed to.
func (s *Session) token() *outcryv1.ResumeToken {
	t := &s.tokens
	due := t.stale || !t.renewAt.IsZero() && !s.now.Before(t.renewAt)
	if s.config.Resume == nil || !due {
		return nil
	}
	expires := s.now.Add(s.config.ResumeFor)
	state := &outcryv1.ResumeState{User: s.user, ExpiresNs: expires.UnixNano(), Lineage: s.config.Lineage, Topics: s.asked()}
	t.stale, t.renewAt = false, s.now.Add(s.config.ResumeFor/2)
	token, err := s.config.Resume.Seal(state)
	if err != nil {
		t.renewAt = time.Time{} // until something changes
		return &outcryv1.ResumeToken{Error: fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, err.Error())}
	}
	return &outcryv1.ResumeToken{Token: token, ExpiresNs: expires.UnixNano()}
}

// asked are the granted topics, those together that were asked for alike.
func (s *Session) asked() []*outcryv1.ResumeTopics {
	all := asked{}
	for _, sub := range s.topics {
		if sub.request != nil {
			continue
		}
		how := alike{channel: sub.key.channel, resolution: sub.key.resolution, recent: sub.stream.recent}
		if sub.stream.unacked != nil {
			how.unacked = sub.stream.unacked.most
		}
		all.add(how, sub.key.id)
	}
	for _, g := range s.groups {
		for i := range g.places {
			key := keyAt(&g.places[i])
			all.add(alike{channel: key.channel, resolution: key.resolution, every: g.every}, key.id)
		}
	}
	return slices.Collect(maps.Values(all))
}

// alike is what topics share that were asked for alike.
type alike struct {
	channel         outcryv1.Channel
	resolution      outcryv1.Resolution
	every           time.Duration
	recent, unacked int
}

type asked map[alike]*outcryv1.ResumeTopics

func (a asked) add(how alike, id string) {
	g := a[how]
	if g == nil {
		g = &outcryv1.ResumeTopics{Channel: how.channel, Resolution: how.resolution, Recent: uint32(how.recent), UnackedMax: uint32(how.unacked)}
		if how.every > 0 {
			g.MaxPerSecond = float64(time.Second) / float64(how.every)
		}
		a[how] = g
	}
	g.Ids = append(g.Ids, id)
}
