package relay

import "sync"

// watching is an entry's place on the floor. Its lock orders attaching and
// detaching, which call the floor; no sink takes it.
type watching struct {
	sync.Mutex
	stop   func()
	trades bool
	ended  bool
}

// start watches, or watches again with trades where only now somebody wants them.
func (w *watching) start(trades bool, watch func(trades bool) (stop func())) {
	w.Lock()
	defer w.Unlock()
	if w.ended || w.stop != nil && (w.trades || !trades) {
		return
	}
	if w.stop != nil {
		w.stop()
	}
	w.trades = trades
	w.stop = watch(trades)
}

func (w *watching) end() {
	w.Lock()
	defer w.Unlock()
	w.ended = true
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}
