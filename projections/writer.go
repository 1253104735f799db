package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrStopped: the writer has been told to end and takes no more rows.
var ErrStopped = errors.New("writer has stopped")

// WriterConfig; the zero value works.
type WriterConfig struct {
	// QueueRows bounds what waits; default 200,000 rows. When it is full, Add waits.
	QueueRows int
	// BatchRows is how many rows are written before they have waited for
	// FlushEvery; default 10,000. A transaction holds at least one handover, whatever its size.
	BatchRows int
	// FlushEvery is how long a row waits at most for others to share its
	// transaction; default 1 s. Readers of the store are so much behind.
	FlushEvery time.Duration
	// DrainTimeout is how long Run goes on writing after its context has ended; default 10 s.
	DrainTimeout time.Duration
	Observer     Observer
}

// Observer is told what happens; nil funcs are skipped. Called from Run: be quick.
type Observer struct {
	// Written: a transaction of so many rows was stored, after gathering.
	Written func(rows int, took time.Duration)
	// WriteFailed: the store refused, for the attempt-th time in a row, while
	// so many rows wait. The same rows are tried again.
	WriteFailed func(err error, attempt, waiting int)
}

func (c WriterConfig) withDefaults() WriterConfig {
	if c.QueueRows <= 0 {
		c.QueueRows = 200_000
	}
	if c.BatchRows <= 0 {
		c.BatchRows = 10_000
	}
	if c.FlushEvery <= 0 {
		c.FlushEvery = time.Second
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = 10 * time.Second
	}
	if c.Observer.Written == nil {
		c.Observer.Written = func(int, time.Duration) {}
	}
	if c.Observer.WriteFailed == nil {
		c.Observer.WriteFailed = func(error, int, int) {}
	}
	return c
}

// After a failed write the next try comes after retryFirst, then twice that, up to retryMost.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Writer hands rows to a store from a bounded queue, in order, at least once a second.
type Writer struct {
	store  Store
	config WriterConfig
	added  chan struct{} // holds one token when there is something new for Run
	queue  struct {
		sync.Mutex
		waiting  []handover
		rows     int           // of waiting, and of the batch being written
		since    time.Time     // when the oldest of waiting came
		due      bool          // waiting should not wait for more
		shrunk   chan struct{} // closed and replaced when rows has become less
		stopping bool
	}
}

// handover is one call of Add.
type handover struct {
	rows   *Rows
	weight int // rows, at least 1, so that empty handovers are bounded too
	stored func()
}

func NewWriter(store Store, c WriterConfig) *Writer {
	w := &Writer{store: store, config: c.withDefaults(), added: make(chan struct{}, 1)}
	w.queue.shrunk = make(chan struct{})
	return w
}

// Add hands over rows; it waits while the queue is full, and takes a handover
// that is larger than the whole queue once the queue is empty. stored, when
// not nil, is called from Run once the rows are in the store: be quick.
// Handovers of one goroutine keep their order. After Run was told to end, ErrStopped.
func (w *Writer) Add(ctx context.Context, rows *Rows, stored func()) error {
	h := handover{rows: rows, weight: max(1, rows.Len()), stored: stored}
	for {
		shrunk, err := w.push(h)
		if shrunk == nil {
			return err
		}
		select {
		case <-shrunk:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the row writer: %w", ctx.Err())
		}
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
	case q.rows > 0 && q.rows+h.weight > w.config.QueueRows:
		q.due = true // nobody can add to what waits, so it need not wait
		w.signal()
		return q.shrunk, nil
	}
	if len(q.waiting) == 0 {
		q.since = time.Now()
	}
	q.waiting = append(q.waiting, h)
	q.rows += h.weight
	// A checkpoint is waited for, and with it a shard's stop.
	q.due = q.due || len(h.rows.Checkpoints) > 0 || q.rows >= min(w.config.BatchRows, w.config.QueueRows)
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

// Run writes until ctx ends, then what is left, for at most DrainTimeout. It
// returns nil when everything that was added is stored. Call it once.
func (w *Writer) Run(ctx context.Context) error {
	writing, cancel := outlive(ctx, w.config.DrainTimeout)
	defer cancel()
	for {
		w.gather(ctx)
		b := w.take()
		if b == nil {
			return nil // gather says so only at the end
		}
		if err := w.write(writing, b); err != nil {
			return fmt.Errorf("writing rows before the end: %d are not stored: %w", w.unwritten(), err)
		}
	}
}

// outlive gives a context that ends d after ctx.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-longer.Done():
			return
		case <-ctx.Done():
		}
		last := time.NewTimer(d)
		defer last.Stop()
		select {
		case <-longer.Done():
		case <-last.C:
			cancel()
		}
	}()
	return longer, cancel
}

// gather waits until a batch should be written: rows have waited for
// FlushEvery, enough have come, or ctx has ended and nothing more may come.
func (w *Writer) gather(ctx context.Context) {
	flush := time.NewTimer(0)
	defer flush.Stop()
	for {
		left, any := w.patience()
		if ctx.Err() == nil && any && left <= 0 {
			return
		}
		var alarm <-chan time.Time
		if any {
			flush.Reset(left)
			alarm = flush.C
		}
		select {
		case <-w.added:
		case <-alarm:
		case <-ctx.Done():
			w.stop()
			return
		}
	}
}

// patience says whether anything waits, and how much longer it may.
func (w *Writer) patience() (left time.Duration, any bool) {
	q := &w.queue
	q.Lock()
	defer q.Unlock()
	if len(q.waiting) == 0 || q.due {
		return 0, len(q.waiting) > 0
	}
	return w.config.FlushEvery - time.Since(q.since), true
}

// stop refuses everything that comes from now on.
func (w *Writer) stop() {
	w.queue.Lock()
	defer w.queue.Unlock()
	w.queue.stopping = true
	w.wakeAdders()
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
	n := 0
	for n < len(q.waiting) && (n == 0 || b.weight+q.waiting[n].weight <= w.config.BatchRows && b.fits(q.waiting[n].rows)) {
		b.add(q.waiting[n])
		n++
	}
	q.waiting = append([]handover(nil), q.waiting[n:]...)
	q.due = len(q.waiting) > 0 // what had no room in this batch has waited as long
	return b
}

// write stores a batch, trying until it succeeds or ctx ends.
func (w *Writer) write(ctx context.Context, b *batch) error {
	rows := b.rows()
	for attempt := 1; ; attempt++ {
		start := time.Now()
		err := w.store.Write(ctx, rows)
		if err == nil {
			w.config.Observer.Written(rows.Len(), time.Since(start))
			break
		}
		w.config.Observer.WriteFailed(err, attempt, w.unwritten())
		pause := time.NewTimer(min(retryFirst<<min(attempt-1, 10), retryMost))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
	w.queue.Lock()
	w.queue.rows -= b.weight
	w.wakeAdders()
	w.queue.Unlock()
	for _, stored := range b.stored {
		stored()
	}
	return nil
}

// wakeAdders lets waiting Adds try again. The queue is locked.
func (w *Writer) wakeAdders() {
	close(w.queue.shrunk)
	w.queue.shrunk = make(chan struct{})
}
