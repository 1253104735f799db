package relay

import (
	"sync"

	"outcry/actors/instrument"
)

// watching is an entry's place on the floor. Its lock orders attaching and
// detaching, which call the floor; no sink takes it.
type watching struct {
	sync.Mutex
	stop  func()
	wants instrument.Wants
	ended bool
}

// start watches, or watches again where only now somebody wants a stream. The new watch
// begins before the old one ends, so that nothing lies between them.
func (w *watching) start(wants instrument.Wants, watch func(instrument.Wants) (stop func())) {
	w.Lock()
	defer w.Unlock()
	if w.ended || w.stop != nil && wants&^w.wants == 0 {
		return
	}
	w.wants |= wants
	before := w.stop
	w.stop = watch(w.wants)
	if before != nil {
		before()
	}
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
