package session

import (
	"slices"
	"time"

	"outcry/gateways/relay"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// group are the granted latest-wins topics of a session that are wanted equally
// often: four words each, since a client has hundreds.
//
// With an interval they are compared when it is over: with 164 updates in a frame that
// costs half of keeping lists of what changed (0.30 against 0.61 µs an update), because hot
// instruments change often between. At once, the relay marks what changed.
type group struct {
	session *Session
	every   time.Duration // 0 is at once
	next    time.Time     // when an interval is over
	places  []relay.Place
	at      int // the next to look at; with an interval len(places) when all were
	board   relay.Board
}

// join grants a topic: its snapshot is filled next. left topics are to be granted with it.
func (s *Session) join(sub *subscription, left int) {
	g := s.group(sub.every)
	sub.leaveSeat()
	delete(s.topics, sub.key)
	if len(g.places) == cap(g.places) {
		g.places = slices.Grow(g.places, left)
	}
	i := len(g.places)
	g.places = append(g.places, sub.instrument.Place(slotOf(sub.key)))
	g.watch(i)
	s.options.Wake()
}

func (s *Session) group(every time.Duration) *group {
	for _, g := range s.groups {
		if g.every == every {
			return g
		}
	}
	g := &group{session: s, every: every, next: s.now.Add(every)}
	g.board = relay.NewBoard(g, s.options.Marks)
	s.groups = append(s.groups, g)
	return g
}

func (g *group) atOnce() bool { return g.every == 0 }

// watch has the place looked at now and, at once, with each change.
func (g *group) watch(i int) {
	if g.atOnce() {
		g.places[i].Watch(&g.board, i)
		g.board.Mark(i)
	}
}

func (g *group) unwatch(i int) {
	if g.atOnce() {
		g.places[i].Unwatch(&g.board, i)
	}
}

// leave gives a topic back; the last one takes its place. An empty group goes.
func (g *group) leave(i int) {
	g.session.tokens.stale = true
	last, in := len(g.places)-1, g.places[i].Instrument()
	g.unwatch(i)
	g.places[i].Leave()
	in.Release()
	if i < last {
		g.unwatch(last)
		g.places[i] = g.places[last]
		g.watch(i)
	}
	g.places[last] = relay.Place{}
	g.places = g.places[:last]
	if g.at > last {
		g.at = last // all were compared
	} else {
		g.at = min(g.at, i) // what moved was not
	}
	if last == 0 {
		g.session.groups = slices.DeleteFunc(g.session.groups, func(other *group) bool { return other == g })
	}
}

// Marked is called by the pump when the relay marked something.
func (g *group) Marked() { g.session.options.Wake() }

// scan begins to compare: the interval is over.
func (g *group) scan() {
	g.next = g.session.now.Add(g.every)
	g.at = 0
	g.session.options.Wake()
}

// unfilled says that there may be something to fill.
func (g *group) unfilled() bool {
	if g.atOnce() {
		return g.board.Any()
	}
	return g.at < len(g.places)
}

// waiting counts the topics that are to be looked at.
func (g *group) waiting() int {
	if g.atOnce() {
		return g.board.Count()
	}
	return len(g.places) - g.at
}

// fill writes what is new, until dst has grown to limit.
func (g *group) fill(dst []byte, limit int) []byte {
	if g.atOnce() {
		if g.at > 0 {
			dst = g.fillMarked(dst, limit)
		}
		return g.fillMarked(dst, limit)
	}
	for g.at < len(g.places) && len(dst) < limit {
		dst = g.session.fillPlace(dst, &g.places[g.at])
		g.at++
	}
	return dst
}

// fillMarked writes what is marked from at on, which is 0 again when there was room for all:
// else the others have their turn before what was written now.
func (g *group) fillMarked(dst []byte, limit int) []byte {
	for len(dst) < limit {
		i, ok := g.board.Next(g.at)
		if !ok {
			g.at = 0
			return dst
		}
		g.at = i + 1
		if i < len(g.places) { // else a mark came late
			dst = g.session.fillPlace(dst, &g.places[i])
		}
	}
	return dst
}

// fillPlace writes the newest version if it was not written yet; the first is the snapshot.
func (s *Session) fillPlace(dst []byte, p *relay.Place) []byte {
	if !p.New() {
		return dst
	}
	snapshot, at := !p.Shown(), p.Instrument().ChangedAt(p.Slot())
	dst, merged := p.Append(dst, s.options.Encoding)
	s.updates++
	t := s.options.Tally
	t.Latest++
	t.Merged += merged
	if !snapshot && at != 0 {
		t.Ages.add(time.Duration(s.now.UnixNano() - at))
	}
	return dst
}

// find a granted latest-wins topic.
func (s *Session) find(k topicKey) (g *group, i int) {
	in := s.config.Relay.Watched(k.id)
	if in == nil || never(k.channel) {
		return nil, 0
	}
	slot := slotOf(k)
	for _, g := range s.groups {
		for i := range g.places {
			if g.places[i].In(in, slot) {
				return g, i
			}
		}
	}
	return nil, 0
}

// subscriptions counts all, granted or not.
func (s *Session) subscriptions() int {
	n := len(s.topics)
	for _, g := range s.groups {
		n += len(g.places)
	}
	return n
}

// leaveGroups gives back all latest-wins topics.
func (s *Session) leaveGroups() {
	for len(s.groups) > 0 {
		g := s.groups[0]
		g.leave(len(g.places) - 1)
	}
}

// keyAt is the topic of a place.
func keyAt(p *relay.Place) topicKey {
	k := slotKeys[p.Slot()]
	k.id = p.Instrument().ID()
	return k
}

var slotKeys = [wire.Slots]topicKey{
	wire.Quote:     {channel: outcryv1.Channel_CHANNEL_QUOTE},
	wire.Stats:     {channel: outcryv1.Channel_CHANNEL_STATS},
	wire.BarSecond: {channel: outcryv1.Channel_CHANNEL_BAR, resolution: outcryv1.Resolution_RESOLUTION_1S},
	wire.BarMinute: {channel: outcryv1.Channel_CHANNEL_BAR, resolution: outcryv1.Resolution_RESOLUTION_1M},
}

func slotOf(k topicKey) wire.Slot {
	k.id = ""
	return wire.Slot(slices.Index(slotKeys[:], k))
}

const (
	shortestInterval = time.Millisecond
	longestInterval  = time.Hour
)

// intervalOf a rate; 0 is at once.
func intervalOf(perSecond float64) time.Duration {
	if perSecond == 0 {
		return 0
	}
	every := float64(time.Second) / perSecond
	return time.Duration(min(max(every, float64(shortestInterval)), float64(longestInterval))).Round(shortestInterval)
}
