package host

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"outcry/events"
)

// shard folds one partition. It is all of a shard but the actor around it:
// the actor, Replay and the rebuilding of one entity run this same code.
// One goroutine at a time.
type shard struct {
	kind      events.Kind
	partition int32
	rules     rules
	decode    func([]byte) (*events.Batch, error)
	source    source // to rebuild an entity from
	writer    string
	idleAfter int64 // ns
	observer  Observer
	log       *slog.Logger
	// only: fold this entity and no other, and let panics through (rebuilding).
	only string

	entities map[string]*entity
	all      []*entity // sorted by id when sorted
	sorted   bool
	active   activeList
	due      deadlines

	offset   int64 // of the newest record folded, -1 none
	checksum uint64
	ingest   int64 // ingest time of that record, ns
	now      int64 // the log's time: highest ingest time so far, ns
	schedule schedule
	parts    []*part // that make up the newest checkpoint, or the one being packed
	packing  *packing
	saved    *loadable // the newest stored checkpoint; nil: none

	counts  Counts   // of the newest record
	effects *effects // nil: off
}

// record is one record of the log; payload is valid until it is folded.
type record struct {
	offset   int64
	checksum uint64
	payload  []byte
}

func newShard(c *Config, kind events.Kind, partition int32) *shard {
	return &shard{
		kind: kind, partition: partition,
		rules: c.rules(kind), decode: c.decode(),
		source: source{config: c}, writer: c.Writer,
		idleAfter: int64(c.IdleAfter), observer: c.Observer,
		log:      c.Logger.With("kind", kind.String(), "partition", partition),
		entities: map[string]*entity{}, offset: -1,
		schedule: schedule{every: int64(c.CheckpointEvery), limit: c.CheckpointBytes,
			early: int64(c.CheckpointEvery) * int64(partition) / int64(max(1, c.Log.Partitions(kind)))},
	}
}

func (s *shard) at(offset int64) events.Position {
	return events.Position{Kind: s.kind, Partition: s.partition, Offset: offset}
}

// fold takes the next record: the only way in which a shard's state changes.
// An error means that the shard can't go on; what it holds is then worth nothing.
// events is the number of inputs.
func (s *shard) fold(ctx context.Context, r record) (events int, err error) {
	if r.offset != s.offset+1 {
		return 0, fmt.Errorf("folding %s: the log gave offset %d instead", s.at(s.offset+1), r.offset)
	}
	b, err := s.read(r.payload)
	if err != nil {
		return 0, fmt.Errorf("decoding %s: %w", s.at(r.offset), err)
	}
	s.counts = Counts{}
	s.ingest = b.IngestTime
	s.now = max(s.now, b.IngestTime)
	if err := s.advanceDue(ctx, b); err != nil {
		return 0, err
	}
	for i := range s.rules.groups(b) {
		id, inputs := s.rules.group(b, i)
		events += inputs
		if s.only != "" && s.only != id {
			continue
		}
		if err := s.turn(ctx, s.entity(id), b, i); err != nil {
			return 0, err
		}
	}
	s.offset, s.checksum = r.offset, r.checksum
	s.schedule.add(s.now, len(r.payload))
	s.passivate()
	return events, nil
}

// read decodes a record. One without bytes is an offset that the log keeps for
// itself: nothing happened, not even time.
func (s *shard) read(payload []byte) (*events.Batch, error) {
	if len(payload) == 0 {
		return &events.Batch{Header: events.Header{IngestTime: s.ingest}}, nil
	}
	return s.decode(payload)
}

// advanceDue tells due entities the log's time, earliest deadline first.
func (s *shard) advanceDue(ctx context.Context, b *events.Batch) error {
	for len(s.due) > 0 && s.due[0].deadline <= s.now {
		if err := s.turn(ctx, s.due[0], b, advance); err != nil {
			return err
		}
	}
	return nil
}

// advance in place of a group: the turn is about time.
const advance = -1

// turn folds one group of b (or advances) one entity and routes the facts.
func (s *shard) turn(ctx context.Context, e *entity, b *events.Batch, group int) error {
	if e.parked != nil {
		s.refuseParked(e, b, group)
		return nil
	}
	if e.pending {
		s.packing.pack(e)
	}
	e.changed = true
	if reason := s.try(e, b, group); reason != nil {
		parked, err := s.recoverEntity(ctx, e, b, group, reason)
		if parked || err != nil {
			return err
		}
	}
	if group != advance {
		s.rules.count(e.id, b, group, &s.counts)
	}
	if s.effects != nil {
		s.effects.route(s.rules, e)
	}
	return nil
}

// try runs the rules and gives what they panicked with, or nil.
func (s *shard) try(e *entity, b *events.Batch, group int) (reason any) {
	if s.only == "" {
		defer func() { reason = recover() }()
	}
	s.rules.begin(e.watches)
	st := s.awake(e)
	if group == advance {
		st.advance(s.now)
	} else {
		st.fold(b, group)
	}
	deadline := st.deadline()
	if group == advance && deadline != 0 && deadline <= s.now {
		panic(fmt.Sprintf("advancing to %d left the deadline at %d", s.now, deadline))
	}
	s.due.set(e, deadline)
	return nil
}

// schedule says when checkpoints are due: a function of the log, so that it is
// kept in checkpoints, and a final checkpoint at a stop does not move it.
type schedule struct {
	every, limit int64 // ns, bytes
	// early is by how much the first one comes sooner: all shards at once would pack, compress
	// and store their states at the same moment, every half minute.
	early        int64
	since, bytes int64 // the log's time when the newest one was due (0: no record yet), bytes of records after it
	isDue        bool
}

func (d *schedule) add(now int64, payload int) {
	d.isDue = false
	if d.since == 0 {
		d.since = now - d.early
	}
	d.bytes += int64(payload)
	if now-d.since >= d.every || d.bytes >= d.limit {
		d.isDue = true
		d.since, d.bytes = now, 0
	}
}

// lag is how far the newest record is behind the wall clock, 0 before the first that has a time.
func (s *shard) lag(now time.Time) time.Duration {
	if s.ingest == 0 {
		return 0
	}
	return time.Duration(now.UnixNano() - s.ingest)
}
