package scylla

import (
	"context"
	"fmt"

	"outcry/internal/tickpack"
	"outcry/projections"
	"outcry/projections/words"
)

// Write stores all rows. Where it fails, some may be there already: they are
// written again, which changes nothing. Rows come before the Latest and Room
// that tell of them, parts before checkpoints.
func (s *Store) Write(ctx context.Context, rows *projections.Rows) error {
	if err := s.write(ctx, rows); err != nil {
		return fmt.Errorf("writing %d rows: %w", rows.Len(), explain(err))
	}
	return nil
}

func (s *Store) write(ctx context.Context, rows *projections.Rows) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := planOf(s)
	if err := p.all(rows); err != nil {
		return err // nothing was written
	}
	for _, stage := range []*stage{&p.facts, &p.heads} {
		if err := s.run(ctx, stage.groups); err != nil {
			return err
		}
	}
	s.known.add(p.fresh)
	for _, part := range rows.Parts {
		if err := s.writePart(ctx, part); err != nil {
			return err
		}
	}
	for i, c := range rows.Checkpoints {
		if err := s.writeCheckpoint(ctx, c, p.checkpoints[i]); err != nil {
			return err
		}
	}
	return nil
}

// plan is what a Write will say, in stages: each is done before the next one begins.
type plan struct {
	s            *Store
	facts, heads stage
	checkpoints  [][]any
	fresh        []bucketKey
	seen         map[bucketKey]struct{}
}

func planOf(s *Store) *plan { return &plan{s: s, seen: map[bucketKey]struct{}{}} }

func (p *plan) all(rows *projections.Rows) error {
	for _, add := range []func(*projections.Rows) error{p.bars, p.blocks, p.talk, p.newest, p.ends} {
		if err := add(rows); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) bars(rows *projections.Rows) error {
	w := &p.s.writes
	for _, b := range rows.Bars {
		resolution, err := words.Resolution(b.Resolution)
		if err != nil {
			return err
		}
		bucket, part := barBucket(resolution, b.Time), barPart(b.Instrument)
		p.facts.add(partition{"bars", "", resolution, bucket, part}, w.bars, barArgs(b, resolution, bucket, part))
		p.bucket(barsKind+resolution, b.Instrument, bucket)
		if b.BarSeq > 0 {
			p.barSeqs(b.Instrument, resolution, seqBucket(b.BarSeq, barSeqBits), bucket)
		}
	}
	for _, d := range rows.Dirty {
		resolution, err := words.Resolution(d.Resolution)
		if err != nil {
			return err
		}
		bucket, part := barBucket(resolution, d.Time), barPart(d.Instrument)
		p.facts.add(partition{"bars", "", resolution, bucket, part}, w.mark,
			[]any{d.ClockUs, d.ClockUs, part, resolution, bucket, d.Instrument, d.Time})
	}
	return nil
}

func (p *plan) blocks(rows *projections.Rows) error {
	w := &p.s.writes
	for _, b := range rows.Blocks {
		p.facts.add(partition{"tick_blocks", b.Instrument, "", int64(b.Day), 0}, w.blocks, blockArgs(b, tickpack.Pack(b.Data)))
		bucket := seqBucket(b.FirstSeq, blockBits)
		p.facts.add(partition{"blocks_by_seq", b.Instrument, "", bucket, 0}, w.blocksBySeq,
			[]any{b.Instrument, bucket, int64(b.FirstSeq), int64(b.LastSeq), b.Day, b.ClockUs})
		p.bucket(blocksKind, b.Instrument, bucket)
	}
	return nil
}

func (p *plan) talk(rows *projections.Rows) error {
	w := &p.s.writes
	for _, m := range rows.Messages {
		args, err := messageArgs(m)
		if err != nil {
			return fmt.Errorf("message %d in %s: %w", m.Seq, m.Room, err)
		}
		p.facts.add(partition{"messages", m.Room, "", args[1].(int64), 0}, w.messages, args)
		p.bucket(messagesKind, m.Room, args[1].(int64))
	}
	for _, m := range rows.Members {
		p.facts.add(partition{"room_members", m.Room, "", 0, 0}, w.members, memberArgs(m))
		p.facts.add(partition{"user_rooms", m.User, "", 0, 0}, w.userRooms, userRoomArgs(m))
	}
	return nil
}

// newest rows tell of others, so they come after them.
func (p *plan) newest(rows *projections.Rows) error {
	w := &p.s.writes
	for _, l := range rows.Latest {
		p.heads.add(partition{"latest", "", "", 0, latestBucket(l.Instrument)}, w.latest, latestArgs(l))
		p.name(instrumentNames, l.Instrument)
	}
	for _, r := range rows.Rooms {
		args, err := roomArgs(r)
		if err != nil {
			return fmt.Errorf("room %s: %w", r.Room, err)
		}
		p.heads.alone(w.rooms, args)
		p.name(roomNames, r.Room)
	}
	return nil
}

func (p *plan) ends(rows *projections.Rows) error {
	for _, c := range rows.Checkpoints {
		args, err := checkpointArgs(c)
		if err != nil {
			return err
		}
		p.checkpoints = append(p.checkpoints, args)
	}
	return nil
}

// bucket adds a row that says which buckets an entity has, once.
func (p *plan) bucket(kind, id string, bucket int64) {
	if key := (bucketKey{kind, id, 0, bucket}); p.news(key) {
		p.facts.alone(p.s.writes.bucket, []any{kind, id, bucket})
	}
}

// barSeqs adds a row that says where an instrument's bars of some seqs are, once.
func (p *plan) barSeqs(instrument, resolution string, seqs, bucket int64) {
	if key := (bucketKey{barSeqsKind + resolution, instrument, seqs, bucket}); p.news(key) {
		p.facts.alone(p.s.writes.barSeqs, []any{instrument, resolution, seqs, bucket})
	}
}

func (p *plan) name(kind, name string) {
	if p.news(bucketKey{kind, name, 0, -1}) {
		p.facts.alone(p.s.writes.name, []any{kind, namePart(name), name})
	}
}

func (p *plan) news(key bucketKey) bool {
	if _, twice := p.seen[key]; twice || p.s.known.has(key) {
		return false
	}
	p.seen[key] = struct{}{}
	p.fresh = append(p.fresh, key)
	return true
}
