package grpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"connectrpc.com/connect"

	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
)

// headBytes stand before each message: flags, and its length in four bytes. All
// protocols of the Connect library have the same.
const headBytes = 5

// errGone ends a write to a stream that is over.
var errGone = fmt.Errorf("writing to a stream: %w", io.ErrClosedPipe)

// stream is what the pump writes to.
type stream struct {
	response http.ResponseWriter
	control  *http.ResponseController
	mu       sync.Mutex
	writing  bool
	closed   bool
	writes   sync.WaitGroup
	// The session's last words, once it is closed:
	stopping bool
	why      *outcryv1.Error
}

// newStream wants a response that can be written while the request is read, with deadlines: HTTP/2's.
func newStream(w http.ResponseWriter) (*stream, error) {
	s := &stream{response: w, control: http.NewResponseController(w)}
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("preparing a stream: %w", err)
	}
	return s, nil
}

// TryWrite takes nothing: HTTP/2 knows no write that does not wait.
func (s *stream) TryWrite([]byte) (int, error) { return 0, nil }

// Write waits for the client's window.
func (s *stream) Write(p []byte) (int, error) {
	if !s.begin() {
		return 0, errGone
	}
	n, err := s.response.Write(p)
	if err == nil {
		err = s.control.Flush()
	}
	s.mu.Lock()
	s.writing = false
	s.mu.Unlock()
	s.writes.Done()
	return n, err
}

func (s *stream) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.writing = true
	s.writes.Add(1)
	return true
}

// Close wakes the reader, which ends the stream with its status. A write that
// is under way is given up, and the status with it: the client sees a reset.
func (s *stream) Close() {
	s.mu.Lock()
	s.closed = true
	abort := s.writing
	s.mu.Unlock()
	past := time.Unix(1, 0)
	_ = s.control.SetReadDeadline(past) // it was possible when the stream began
	if abort {
		_ = s.control.SetWriteDeadline(past)
	}
}

// wait returns when nothing is written any more.
func (s *stream) wait() { s.writes.Wait() }

// status of a stream whose client is gone: what the session said, else why nothing more was received.
func (s *stream) status(received error) error {
	switch {
	case s.why != nil:
		return rpc.Coded(s.why)
	case s.stopping:
		return connect.NewError(connect.CodeUnavailable, errors.New("the server is stopping"))
	case received != nil && !errors.Is(received, os.ErrDeadlineExceeded):
		return received
	}
	return connect.NewError(connect.CodeAborted, errors.New("the session ended"))
}

// framing makes one gRPC message of what a session says at a time.
type framing struct{ stream *stream }

// Begin leaves room for the head.
func (framing) Begin(dst []byte) []byte { return append(dst, make([]byte, headBytes)...) }

// End writes the head.
func (framing) End(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-headBytes))
	return dst
}

// Ping appends nothing: the heartbeat keeps the connection alive.
func (framing) Ping(dst []byte) []byte { return dst }

// Goodbye appends nothing: the status says it.
func (f framing) Goodbye(dst []byte, why *outcryv1.Error) []byte {
	f.stream.stopping, f.stream.why = why == nil, why
	return dst
}
