package pump

import (
	"io"

	outcryv1 "outcry/proto/outcry/v1"
)

// Conn is where a client's bytes go.
type Conn interface {
	// TryWrite takes as much of p as it can without waiting, maybe nothing. An
	// error ends the client.
	TryWrite(p []byte) (n int, err error)
	// Write waits until all of p is taken. Close, called at the same time, ends it with an error.
	io.Writer
	// Close is called once, after the last write. It does not wait.
	Close()
}

// Waiting makes a Conn of a writer that cannot but wait (TLS, HTTP/2): every
// message costs a copy and a goroutine of its own. stop ends a Write.
func Waiting(w io.Writer, stop func()) Conn { return waiting{w, stop} }

type waiting struct {
	io.Writer
	stop func()
}

func (waiting) TryWrite([]byte) (int, error) { return 0, nil }
func (w waiting) Close()                     { w.stop() }

// Framing wraps what a session says as its transport wants it. It appends,
// keeps nothing and is called in the pump's turn.
type Framing interface {
	// Begin makes room for a message's head after dst; the message follows.
	Begin(dst []byte) []byte
	// End completes the message whose Begin was called at dst[:start]; it may move it.
	End(dst []byte, start int) []byte
	// Ping appends what keeps an idle connection alive; nothing where the transport has no such thing.
	Ping(dst []byte) []byte
	// Goodbye appends the transport's last words; why is nil when the server stops.
	Goodbye(dst []byte, why *outcryv1.Error) []byte
}
