package instrument

import "encoding/binary"

const snapshotVersion = 1

// What a snapshot has, as bits of its second byte.
const (
	hasDefinition = 1 << iota
	hasQuote
	hasTrade
	hasSession
	hasAll = 1<<iota - 1
)

// Snapshot appends the whole state, canonical: states that will decide alike
// have the same bytes, and Restore takes no others. A few hundred bytes, and 50 for
// each bar.
func (s *State) Snapshot(dst []byte) []byte {
	dst = append(dst, snapshotVersion, s.has())
	dst = append(dst, s.hash[:]...)
	dst = appendNumbers(dst, s.seq, s.counts.duplicates, s.counts.late, s.counts.gaps, s.counts.cancels,
		s.quoteChange, s.statsChange, s.barChange[Second], s.barChange[Minute])
	dst = appendSigned(dst, s.clock, s.ingest, int64(s.status))
	dst = appendText(dst, s.reason)
	if s.defined {
		dst = s.definition.append(dst)
	}
	if s.quote.any {
		dst = s.quote.append(dst)
		if s.quote.worded {
			dst = appendText(appendText(dst, s.quoteVenue), s.quoteConditions)
		}
	}
	if s.trade.any {
		dst = s.trade.append(dst)
	}
	if s.session.any {
		dst = s.session.append(dst)
	}
	for resolution := range s.rings {
		dst = s.rings[resolution].append(dst, resolution)
	}
	dst = s.seen.append(dst)
	return s.block.append(dst)
}

func (s *State) has() (bits byte) {
	for i, any := range [...]bool{s.defined, s.quote.any, s.trade.any, s.session.any} {
		if any {
			bits |= 1 << i
		}
	}
	return bits
}

func appendNumbers(dst []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

func appendSigned(dst []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

func (q *newestQuote) append(dst []byte) []byte {
	dst = append(dst, q.absent, bit(q.worded, 1))
	dst = binary.AppendUvarint(dst, q.sourceSeq)
	return appendSigned(dst, q.at, q.receivedAt, q.bid, q.bidSize, q.ask, q.askSize)
}

func (n *newestTrade) append(dst []byte) []byte {
	t := &n.tick
	dst = binary.AppendUvarint(append(dst, t.Side), t.SourceSeq)
	dst = appendSigned(dst, t.EventTime, t.ReceiveTime, t.Price, t.Size, t.TradeID)
	return appendText(appendText(appendText(dst, string(n.ref)), n.venue), n.conditions)
}

func (s *session) append(dst []byte) []byte {
	dst = appendSigned(dst, int64(s.day), s.close)
	dst = appendNumbers(dst, s.quotes, s.sums.trades)
	if s.sums.trades > 0 {
		dst = s.sums.append(dst)
	}
	return dst
}

// append writes all but the number of trades.
func (s *sums) append(dst []byte) []byte {
	dst = appendSigned(dst, s.openAt, s.closeAt-s.openAt, s.open, s.high-s.open, s.low-s.open, s.close-s.open,
		s.volume, s.buy, s.turnover.Hi)
	return appendNumbers(dst, s.turnover.Lo, s.firstSeq, s.lastSeq-s.firstSeq)
}

// append writes a bar as in snapshots and in the bytes of the rolling hash.
func (b *bar) append(dst []byte) []byte {
	dst = append(dst, b.state|bit(b.live, barLive)|bit(b.dirty, barDirty))
	dst = binary.AppendUvarint(dst, b.trades)
	dst = b.sums.append(dst)
	return appendNumbers(appendSigned(dst, b.clock), b.barSeq, uint64(b.revision))
}

// Bits of a bar's first byte, above its state.
const (
	barLive  = 1 << 4
	barDirty = 1 << 5
)

func bit(set bool, value uint8) uint8 {
	if set {
		return value
	}
	return 0
}

func (r *ring) append(dst []byte, resolution int) []byte {
	dst = appendNumbers(dst, r.versions, uint64(r.n()))
	dst = append(dst, r.old...)
	for i := range r.hot {
		dst = r.hot[i].append(dst)
	}
	return dst
}

func (w *windows) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(w.hot)))
	for i := range w.hot {
		h := &w.hot[i]
		dst = appendNumbers(binary.LittleEndian.AppendUint64(dst, h.key), h.floor, h.high)
		dst = h.exact.Append(dst)
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.cold)))
	for _, c := range w.cold {
		dst = binary.AppendUvarint(binary.LittleEndian.AppendUint64(dst, c.key), c.high)
	}
	return dst
}

// append writes the open block; what its next tick is told against, and its
// words, are read from its data again.
func (k *block) append(dst []byte) []byte {
	if k.ticks == 0 {
		return binary.AppendUvarint(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(k.data)))
	dst = append(dst, k.data...)
	return append(binary.AppendVarint(dst, k.clock), bit(k.live, 1))
}
