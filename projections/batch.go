package projections

import (
	outcryv1 "outcry/proto/outcry/v1"
)

// barKey names a bar's row.
type barKey struct {
	instrument string
	resolution outcryv1.Resolution
	time       int64
}

type messageKey struct {
	room string
	seq  uint64
}

type memberKey struct{ room, user string }

// batch gathers handovers for one transaction. Of rows with the same key only
// the newest is kept, so that each key is written once: a quote's instrument
// may have changed a hundred times since the last flush.
type batch struct {
	weight   int
	bytes    int
	stored   []func()
	latest   newest[string, *outcryv1.Latest]
	bars     newest[barKey, *outcryv1.Bar]
	messages newest[messageKey, *outcryv1.Message]
	members  newest[memberKey, *outcryv1.Member]
	rooms    newest[string, *outcryv1.Room]
	dirty    newest[barKey, DirtyBar]
	rest     Rows // what is immutable, as it came
}

func newBatch() *batch {
	return &batch{
		latest:   newest[string, *outcryv1.Latest]{version: func(l *outcryv1.Latest) int64 { return l.ClockUs }},
		bars:     newest[barKey, *outcryv1.Bar]{version: func(b *outcryv1.Bar) int64 { return b.ClockUs }},
		messages: newest[messageKey, *outcryv1.Message]{version: func(m *outcryv1.Message) int64 { return int64(m.ChangeSeq) }},
		members:  newest[memberKey, *outcryv1.Member]{version: func(m *outcryv1.Member) int64 { return int64(m.Seq) }},
		rooms:    newest[string, *outcryv1.Room]{version: func(r *outcryv1.Room) int64 { return r.ClockUs }},
		dirty:    newest[barKey, DirtyBar]{version: func(d DirtyBar) int64 { return d.ClockUs }},
	}
}

// fits says whether rows may share the transaction. Marks are made after the
// transaction's bars, so a version that came after a mark has to wait for the next one.
func (b *batch) fits(rows *Rows) bool {
	if len(b.dirty.rows) == 0 {
		return true
	}
	for _, bar := range rows.Bars {
		if _, marked := b.dirty.at[barKey{bar.Instrument, bar.Resolution, bar.Time}]; marked {
			return false
		}
	}
	return true
}

func (b *batch) add(h handover) {
	b.weight += h.weight
	b.bytes += h.bytes
	if h.stored != nil {
		b.stored = append(b.stored, h.stored)
	}
	for _, l := range h.rows.Latest {
		b.latest.put(l.Instrument, l)
	}
	for _, bar := range h.rows.Bars {
		b.bars.put(barKey{bar.Instrument, bar.Resolution, bar.Time}, bar)
	}
	for _, m := range h.rows.Messages {
		b.messages.put(messageKey{m.Room, m.Seq}, m)
	}
	for _, m := range h.rows.Members {
		b.members.put(memberKey{m.Room, m.User}, m)
	}
	for _, r := range h.rows.Rooms {
		b.rooms.put(r.Room, r)
	}
	for _, d := range h.rows.Dirty {
		b.dirty.put(barKey{d.Instrument, d.Resolution, d.Time}, d)
	}
	b.rest.Blocks = append(b.rest.Blocks, h.rows.Blocks...)
	b.rest.Parts = append(b.rest.Parts, h.rows.Parts...)
	b.rest.Checkpoints = append(b.rest.Checkpoints, h.rows.Checkpoints...)
}

func (b *batch) rows() *Rows {
	rows := b.rest
	rows.Latest = b.latest.rows
	rows.Bars = b.bars.rows
	rows.Dirty = b.dirty.rows
	rows.Messages = b.messages.rows
	rows.Members = b.members.rows
	rows.Rooms = b.rooms.rows
	return &rows
}

// newest keeps the newest row of each key, in the order of their first coming.
type newest[K comparable, R any] struct {
	version func(R) int64
	rows    []R
	at      map[K]int
}

func (n *newest[K, R]) put(key K, row R) {
	if at, ok := n.at[key]; ok {
		if n.version(row) > n.version(n.rows[at]) {
			n.rows[at] = row
		}
		return
	}
	if n.at == nil {
		n.at = map[K]int{}
	}
	n.at[key] = len(n.rows)
	n.rows = append(n.rows, row)
}
