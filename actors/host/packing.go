package host

import (
	"slices"

	"outcry/projections"
)

// Sizes of parts, before compression.
const (
	partBytes = 2 << 20
	// smallPart and maxParts: with more parts than that, the small ones are merged.
	smallPart = 1 << 20
	maxParts  = 64
)

// packing is a checkpoint that is being made: the entities whose bytes the
// older parts do not show are packed, a few a turn, as they were at its record.
type packing struct {
	shard *shard
	row   projections.Checkpoint
	head  partHead
	todo  []*entity
	// raw is the part being filled, full are those that wait to be compressed.
	current *part
	raw     []byte
	full    []rawPart
	parts   int // cut so far
	scratch []byte
}

// rawPart is a part before it is compressed.
type rawPart struct {
	key  projections.PartKey
	data []byte
}

// beginPacking starts a checkpoint at the newest record. Nothing is packed yet.
func (s *shard) beginPacking(lineage string) *packing {
	row := projections.Checkpoint{
		Kind: s.kind, Partition: s.partition, Offset: s.offset, Checksum: s.checksum,
		Hash: s.hash(), Lineage: lineage, Writer: s.writer, TimeNs: s.ingest,
	}
	p := &packing{shard: s, row: row, todo: s.leaveParts()}
	p.head = partHead{
		key: projections.PartKey{Kind: s.kind, Partition: s.partition, Offset: s.offset},
		now: s.now, since: s.schedule.since, bytes: s.schedule.bytes,
	}
	for _, part := range s.parts {
		p.row.Parts = append(p.row.Parts, part.key)
	}
	s.packing = p
	return p
}

// dropGarbage forgets the parts that hold nobody's newest bytes.
func (s *shard) dropGarbage() {
	s.parts = slices.DeleteFunc(s.parts, func(p *part) bool { return p.live == 0 })
}

// leaveParts takes entities out of the parts that hold their bytes, and gives
// them: those that changed, those in parts that are mostly garbage, and those
// in small parts when there are too many. So the parts of a checkpoint hold at
// most twice its state, and their number is bounded.
func (s *shard) leaveParts() []*entity {
	var todo []*entity
	leave := func(goes func(e *entity) bool) {
		for _, e := range s.all {
			if !e.pending && goes(e) {
				if e.part != nil {
					e.part.live -= e.partBytes
				}
				e.pending, e.changed = true, false
				todo = append(todo, e)
			}
		}
	}
	leave(func(e *entity) bool { return e.changed || e.part == nil })
	leave(func(e *entity) bool { return e.part.live*2 < e.part.size })
	s.dropGarbage()
	if len(s.parts) > maxParts {
		leave(func(e *entity) bool { return e.part.size < smallPart })
		s.dropGarbage()
	}
	return todo
}

// pack packs one entity as it is now, if the checkpoint still wants it.
func (p *packing) pack(e *entity) {
	if !e.pending {
		return
	}
	e.pending = false
	if p.current == nil {
		p.open()
	}
	item := entry{id: e.id, hash: e.hash, deadline: e.deadline, touched: e.touched, parked: e.parked, snapshot: e.packed}
	if e.state != nil {
		p.scratch = e.state.Snapshot(p.scratch[:0])
		item.hash, item.snapshot = e.state.Hash(), p.scratch
	}
	before := len(p.raw)
	p.raw = item.append(p.raw)
	e.part, e.partBytes = p.current, int64(len(p.raw)-before)
	e.part.size += e.partBytes
	e.part.live += e.partBytes
	if len(p.raw) >= partBytes {
		p.cut()
	}
}

func (p *packing) open() {
	p.head.key.Index = int32(p.parts)
	p.parts++
	key := p.head.key
	key.Writer = p.row.Writer
	p.current = &part{key: key}
	var room []byte
	if len(p.todo) > 64 { // likely a whole part: grown from nothing it would be copied twenty times
		room = make([]byte, 0, partBytes+partBytes/16)
	}
	p.raw = p.head.append(room)
	p.row.Parts = append(p.row.Parts, key)
	p.shard.parts = append(p.shard.parts, p.current)
}

func (p *packing) cut() {
	p.full = append(p.full, rawPart{key: p.current.key, data: appendChecksum(p.raw)})
	p.current, p.raw = nil, nil
}

// step packs about that many bytes more and says whether all is packed.
func (p *packing) step(budget int) (done bool) {
	for budget > 0 && len(p.todo) > 0 {
		e := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		if e.pending {
			p.pack(e)
			budget -= int(e.partBytes)
		}
	}
	if len(p.todo) > 0 {
		return false
	}
	if p.current == nil && p.parts == 0 {
		p.open() // even a state without entities needs its head
	}
	if p.current != nil {
		p.cut()
	}
	return true
}
