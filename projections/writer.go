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
		bytes    int           // of the same
		writing  time.Time     // when the oldest of the batch being written came; zero: there is none
		began    time.Time     // when that batch was begun
		refused  bool          // the store refused the newest attempt
		due      bool          // waiting should not wait for more
		shrunk   chan struct{} // closed and replaced when rows has become less
		stopping bool
	}
}

func NewWriter(store Store, c WriterConfig) *Writer {
	w := &Writer{store: store, config: c.withDefaults(), added: make(chan struct{}, 1)}
	w.queue.shrunk = make(chan struct{})
	return w
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
	return w.config.FlushEvery - time.Since(q.waiting[0].came), true
}

// stop refuses everything that comes from now on.
func (w *Writer) stop() {
	w.queue.Lock()
	defer w.queue.Unlock()
	w.queue.stopping = true
	w.wakeAdders()
}

// write stores a batch, trying until it succeeds or ctx ends.
func (w *Writer) write(ctx context.Context, b *batch) error {
	rows := b.rows()
	for attempt := 1; ; attempt++ {
		start := time.Now()
		err := w.store.Write(ctx, rows)
		if err == nil {
			w.config.Observer.Written(rows, time.Since(start))
			break
		}
		w.refused()
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
	w.queue.bytes -= b.bytes
	w.queue.writing, w.queue.refused = time.Time{}, false
	w.wakeAdders()
	w.queue.Unlock()
	for _, stored := range b.stored {
		stored()
	}
	return nil
}
