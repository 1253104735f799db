package projections

import "time"

// Backlog is what a Writer has not stored yet.
type Backlog struct {
	Rows  int
	Bytes int           // as Rows.Bytes estimates them
	Lag   time.Duration // since the oldest of them was handed over
	// Writing is for how long the store has been given the same batch; 0: it has none.
	Writing time.Duration
	// Refused: the store refused the newest attempt.
	Refused bool
}

// Backlog is what waits now, the batch being written included.
func (w *Writer) Backlog() Backlog {
	q := &w.queue
	q.Lock()
	defer q.Unlock()
	b := Backlog{Rows: q.rows, Bytes: q.bytes, Refused: q.refused}
	switch {
	case !q.writing.IsZero():
		b.Lag, b.Writing = time.Since(q.writing), time.Since(q.began)
	case len(q.waiting) > 0:
		b.Lag = time.Since(q.waiting[0].came)
	}
	return b
}

func (w *Writer) refused() {
	w.queue.Lock()
	defer w.queue.Unlock()
	w.queue.refused = true
}

// What rows take in memory, about: TestTheEstimateOfBytesIsNearWhatRowsTake measures it.
const (
	latestBytes     = 576
	barBytes        = 288
	dirtyBytes      = 48
	blockBytes      = 192
	messageBytes    = 384
	reactionBytes   = 128
	userBytes       = 40
	memberBytes     = 128
	roomBytes       = 384
	partBytes       = 96
	checkpointBytes = 256
)

// Bytes estimates what the rows take in memory.
func (r *Rows) Bytes() int {
	n := len(r.Latest)*latestBytes + len(r.Bars)*barBytes + len(r.Dirty)*dirtyBytes + len(r.Blocks)*blockBytes +
		len(r.Messages)*messageBytes + len(r.Members)*memberBytes + len(r.Rooms)*roomBytes + len(r.Parts)*partBytes
	for _, b := range r.Blocks {
		n += len(b.Data)
	}
	for _, m := range r.Messages {
		n += len(m.GetText().GetData())
		for _, reaction := range m.GetReactions() {
			n += reactionBytes + len(reaction.GetUsers())*userBytes
		}
	}
	for i := range r.Parts {
		n += len(r.Parts[i].Data)
	}
	for i := range r.Checkpoints {
		n += checkpointBytes + len(r.Checkpoints[i].Parts)*partBytes
	}
	return n
}
