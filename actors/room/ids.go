package room

import outcryv1 "outcry/proto/outcry/v1"

const (
	// idsMax is how many client message ids are remembered. The one that came
	// first leaves; ids as old as it, or older, are TOO_OLD from then on.
	//
	// They leave by arrival, not by the time in the id: so what a record
	// decided can still be asked for when it is folded, even for a client whose clock is slow.
	idsMax = 4096
	// MaxAhead, ms: what the time in an id may be ahead of its record's ingest time.
	// One that left would make everybody's ids TOO_OLD up to its time.
	MaxAhead = 60_000
)

// IDTime is the time of a client message id, ms since 1970 UTC; ok is false
// when it is not a UUIDv7 of 16 bytes.
func IDTime(id []byte) (ms uint64, ok bool) {
	if len(id) != 16 || id[6]>>4 != 7 {
		return 0, false
	}
	for _, b := range id[:6] {
		ms = ms<<8 | uint64(b)
	}
	return ms, true
}

// idKey is what a command is known by.
type idKey struct {
	user string
	id   [16]byte
}

// remembered is what became of a command.
type remembered struct {
	key  idKey
	body uint64 // hash of what was asked for
	decision
	last answer
}

// answer is how the newest fold of an id was answered.
type answer uint8

const (
	asDecided answer = iota
	asDuplicate
	asConflict
	answersEnd
)

// told is the newest answer.
func (r *remembered) told() Outcome {
	switch {
	case r.last == asConflict:
		return refused(conflict).outcome()
	case r.last == asDuplicate && r.why == 0:
		return already(r.seq).outcome()
	}
	return r.decision.outcome()
}

// again answers the same id once more. False: it was refused for want of a
// Base and is still to be decided.
func (r *remembered) again(body uint64) bool {
	switch {
	case r.body != body:
		r.last = asConflict
	case r.why == staleBase:
		return false
	default:
		r.last = asDuplicate
	}
	return true
}

// ids are the commands that are remembered.
type ids struct {
	ring   []remembered // grows to idsMax, then goes round
	next   int          // in ring, once it is full: the one that came first
	at     map[idKey]uint16
	oldest uint64 // ms; ids of a time before it are too old: 1 + the newest time that left
}

func (w *ids) find(key idKey) *remembered {
	i, ok := w.at[key]
	if !ok {
		return nil
	}
	return &w.ring[i]
}

// add remembers a command that is not there; the key's user must outlive the input.
func (w *ids) add(r remembered) {
	if len(w.ring) < idsMax {
		w.at[r.key] = uint16(len(w.ring))
		w.ring = append(w.ring, r)
		return
	}
	leaving := &w.ring[w.next].key
	at, _ := IDTime(leaving.id[:])
	w.oldest = max(w.oldest, at+1)
	delete(w.at, *leaving)
	w.at[r.key] = uint16(w.next)
	w.ring[w.next] = r
	w.next = (w.next + 1) % idsMax
}

// inOrder gives the i-th in the order of arrival.
func (w *ids) inOrder(i int) *remembered { return &w.ring[(w.next+i)%len(w.ring)] }

// isPost says that people may answer, change and react to it.
func isPost(kind outcryv1.MessageKind) bool {
	return kind == outcryv1.MessageKind_MESSAGE_KIND_POST || kind == outcryv1.MessageKind_MESSAGE_KIND_ACTION
}
