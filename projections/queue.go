package projections

import (
	"context"
	"fmt"
	"time"
)

// handover is one call of Add or Offer.
type handover struct {
	rows   *Rows
	weight int // rows, at least 1, so that empty handovers are bounded too
	bytes  int
	came   time.Time
	stored func()
}

func newHandover(rows *Rows, stored func()) handover {
	return handover{rows: rows, weight: max(1, rows.Len()), bytes: rows.Bytes(), came: time.Now(), stored: stored}
}

// Add hands over rows; it waits while the queue is full, and takes a handover
// that is larger than the whole queue once the queue is empty. stored, when
// not nil, is called from Run once the rows are in the store: be quick.
// Handovers of one goroutine keep their order. After Run was told to end, ErrStopped.
func (w *Writer) Add(ctx context.Context, rows *Rows, stored func()) error {
	h := newHandover(rows, stored)
	for {
		shrunk, err := w.push(h)
		if shrunk == nil {
			return err
		}
		if err := await(ctx, shrunk); err != nil {
			return err
		}
	}
}

// Offer hands over rows without waiting. taken is false where the queue is
// full; the rows then stay the caller's.
func (w *Writer) Offer(rows *Rows) (taken bool, err error) {
	full, err := w.push(newHandover(rows, nil))
	return full == nil && err == nil, err
}

// AwaitRoom waits until at most half of the queue is taken: then the store
// keeps up again, and what comes late can be added without making the rest late.
func (w *Writer) AwaitRoom(ctx context.Context) error {
	for {
		shrunk, err := w.room()
		if shrunk == nil {
			return err
		}
		if err := await(ctx, shrunk); err != nil {
			return err
		}
	}
}

// room is nil where half of the queue is free, or the channel that closes when it may be looked again.
func (w *Writer) room() (shrunk <-chan struct{}, err error) {
	q := &w.queue
	q.Lock()
	defer q.Unlock()
	switch {
	case q.stopping:
		return nil, ErrStopped
	case q.rows <= w.config.QueueRows/2 && q.bytes <= w.config.QueueBytes/2:
		return nil, nil
	}
	q.due = len(q.waiting) > 0
	w.signal()
	return q.shrunk, nil
}

func await(ctx context.Context, shrunk <-chan struct{}) error {
	select {
	case <-shrunk:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the row writer: %w", ctx.Err())
	}
}

// push queues h, or gives the channel that closes when it may be tried again.
func (w *Writer) push(h handover) (shrunk <-chan struct{}, err error) {
	q := &w.queue
	q.Lock()
	defer q.Unlock()
	switch {
	case q.stopping:
		return nil, ErrStopped
	case q.rows > 0 && (q.rows+h.weight > w.config.QueueRows || q.bytes+h.bytes > w.config.QueueBytes):
		q.due = true // nobody can add to what waits, so it need not wait
		w.signal()
		return q.shrunk, nil
	}
	q.waiting = append(q.waiting, h)
	q.rows += h.weight
	q.bytes += h.bytes
	// A checkpoint is waited for, and with it a shard's stop; so is what has no rows and only asks whether those before are stored.
	q.due = q.due || len(h.rows.Checkpoints) > 0 || h.rows.Len() == 0 || q.rows >= min(w.config.BatchRows, w.config.QueueRows)
	w.signal()
	return nil, nil
}

// signal tells gather to look again.
func (w *Writer) signal() {
	select {
	case w.added <- struct{}{}:
	default:
	}
}

// unwritten counts the rows that wait or are being written.
func (w *Writer) unwritten() int {
	w.queue.Lock()
	defer w.queue.Unlock()
	return w.queue.rows
}

// take gives the next batch; nil when nothing waits.
func (w *Writer) take() *batch {
	q := &w.queue
	q.Lock()
	defer q.Unlock()
	if len(q.waiting) == 0 {
		return nil
	}
	b := newBatch()
	q.writing, q.began = q.waiting[0].came, time.Now()
	n := 0
	for n < len(q.waiting) && (n == 0 || b.weight+q.waiting[n].weight <= w.config.BatchRows && b.fits(q.waiting[n].rows)) {
		b.add(q.waiting[n])
		n++
	}
	q.waiting = append([]handover(nil), q.waiting[n:]...)
	q.due = len(q.waiting) > 0 // what had no room in this batch has waited as long
	return b
}

// wakeAdders lets waiting Adds try again. The queue is locked.
func (w *Writer) wakeAdders() {
	close(w.queue.shrunk)
	w.queue.shrunk = make(chan struct{})
}
