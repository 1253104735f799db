package pump

import "time"

// InboxFrames is how many frames of a client may wait.
const InboxFrames = inboxFrames

// Park ends the pumps' actors, so that turns can be taken by hand. Unpark is
// called instead of Stop then.
func (p *Pumps) Park() error { return p.endActors() }

// Turn takes a turn of every parked pump.
func (p *Pumps) Turn(now time.Time) {
	for _, one := range p.pumps {
		one.turn(now)
	}
}

// Unpark lets all clients go.
func (p *Pumps) Unpark() {
	p.stopped.Store(true)
	for _, one := range p.pumps {
		one.dropAll()
		one.timer.Stop()
	}
}
