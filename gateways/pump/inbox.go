package pump

import (
	"sync"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// inboxFrames are the frames of one client that may wait to be handled.
const inboxFrames = 16

// incoming is one thing that a client sent: a frame, or one that could not be read.
type incoming struct {
	frame *outcryv1.ClientFrame
	// what the token gave, of a frame that brings one
	who     *identity.Identity
	refused error
	code    outcryv1.ErrorCode
	text    string
}

// inbox is what a client's transport hands over to the pump's turn. It is no
// channel: one with room for all frames is 1.1 KB, and most clients have sent nothing.
type inbox struct {
	mu      sync.Mutex
	frames  []incoming
	control []byte
	last    bool // nothing follows the control bytes
	over    bool
	// Made when somebody waits, and closed:
	room chan struct{} // when there is room
	gone chan struct{} // when it is over
}

// put waits while there is no room; false: it is over.
func (b *inbox) put(in incoming) bool {
	for {
		room, over := b.offer(in)
		if room == nil {
			return !over
		}
		<-room
	}
}

// offer gives what to wait for, where there is no room.
func (b *inbox) offer(in incoming) (room chan struct{}, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return nil, true
	}
	if len(b.frames) < inboxFrames {
		b.frames = append(b.frames, in)
		return nil, false
	}
	if b.room == nil {
		b.room = make(chan struct{})
	}
	return b.room, false
}

// take gives the frame that waits for longest.
func (b *inbox) take() (in incoming, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.frames) == 0 {
		return in, false
	}
	in, b.frames[0] = b.frames[0], incoming{}
	if b.frames = b.frames[1:]; len(b.frames) == 0 {
		b.frames = nil // an idle client keeps none
	}
	b.makeRoom()
	return in, true
}

func (b *inbox) makeRoom() {
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
}

// setControl replaces the control bytes, unless they were the last.
func (b *inbox) setControl(p []byte, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last {
		b.control, b.last = append(b.control[:0], p...), last
	}
}

// takeControl appends the control bytes to dst.
func (b *inbox) takeControl(dst []byte) (out []byte, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	dst = append(dst, b.control...)
	b.control = nil
	return dst, b.last
}

// end lets everybody go who waits.
func (b *inbox) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over, b.frames = true, nil
	b.makeRoom()
	if b.gone != nil {
		close(b.gone)
	}
}

// isOver is closed already.
var isOver = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// ended is closed by end.
func (b *inbox) ended() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.gone != nil:
	case b.over:
		return isOver
	default:
		b.gone = make(chan struct{})
	}
	return b.gone
}
