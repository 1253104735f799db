package ws

import (
	"bufio"
	"io"
	"sync"

	"github.com/gobwas/ws"

	"outcry/gateways/limit"
	"outcry/gateways/relay/wire"
)

// source is what was read before, and then a connection.
type source struct {
	early []byte
	conn  io.Reader
}

// Read is io.Reader's.
func (s *source) Read(p []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(p, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	return s.conn.Read(p)
}

var readers = sync.Pool{New: func() any { return &messages{r: bufio.NewReaderSize(nil, readBuffer)} }}

// borrow a reader of messages of at most so many bytes; early was read of conn before.
func borrow(conn io.Reader, early []byte, most int, f framing, controls *limit.Bucket) *messages {
	m := readers.Get().(*messages)
	m.begin(conn, early, most, f, controls)
	return m
}

func (m *messages) giveBack() {
	m.letGo()
	readers.Put(m)
}

func (m *messages) begin(conn io.Reader, early []byte, most int, f framing, controls *limit.Bucket) {
	m.from, m.limit, m.controls = source{early, conn}, most, controls
	m.opcode, m.deflate = ws.OpBinary, f.deflate
	if f.encoding == wire.JSON {
		m.opcode, m.text = ws.OpText, true
	}
	m.r.Reset(&m.from)
}

// letGo forgets the client. What is left in the buffers is overwritten before it is read.
func (m *messages) letGo() {
	*m = messages{r: m.r, buf: kept(m.buf), plain: kept(m.plain)}
	m.r.Reset(nil)
}
