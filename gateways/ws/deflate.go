package ws

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

const (
	// compressFrom so many bytes on a message is compressed: smaller ones grow or save little.
	compressFrom = 256
	// compressed is the bit of a message's first frame that says so (RFC 7692, §6).
	compressed = 0x40
)

// tail is what a flush ends with; it is left out of messages. The empty last
// block behind it tells the reader that nothing follows.
const (
	tail      = "\x00\x00\xff\xff"
	lastBlock = "\x01\x00\x00\xff\xff"
)

// negotiation accepts permessage-deflate without memory of earlier messages on
// either side: that would be some 300 KB a connection.
func negotiation() *wsflate.Extension {
	return &wsflate.Extension{Parameters: wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}}
}

// accepted says whether the answer to a handshake has the extension.
func accepted(e *wsflate.Extension) bool {
	if e == nil {
		return false
	}
	_, yes := e.Accepted()
	return yes
}

// upgrader of one handshake; e is nil where nothing is compressed.
func upgrader(protocol string, e *wsflate.Extension) ws.HTTPUpgrader {
	u := ws.HTTPUpgrader{Timeout: upgradeWithin, Protocol: func(p string) bool { return p == protocol }}
	if e != nil {
		u.Negotiate = e.Negotiate
	}
	return u
}

// deflater compresses for one message at a time. One is some 800 KB, and there
// are about as many as pumps that take a turn at the same time.
type deflater struct {
	w   *flate.Writer
	out bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic("ws: BestSpeed is a level: " + err.Error())
	}
	return &deflater{w: w}
}}

// deflate compresses p in place; false: it would not be smaller, and p stays.
func deflate(p []byte) (shorter []byte, ok bool) {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.w.Reset(&d.out)
	_, err := d.w.Write(p)
	if err = errors.Join(err, d.w.Flush()); err != nil {
		panic("ws: writing to memory: " + err.Error())
	}
	out := bytes.TrimSuffix(d.out.Bytes(), []byte(tail))
	if len(out) >= len(p) {
		return p, false
	}
	return p[:copy(p, out)], true
}

// inflater reads one message at a time: some 40 KB, only while it does.
type inflater struct {
	r  io.ReadCloser
	in bytes.Reader
	p  []byte
}

var inflaters = sync.Pool{New: func() any { return &inflater{r: flate.NewReader(nil)} }}

var errTooLong = errors.New("the message unfolds to more than is allowed")

// inflate appends what p unfolds to, at most limit bytes: it stops there, however much would follow.
func inflate(dst, p []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	f.p = append(append(append(f.p[:0], p...), tail...), lastBlock...)
	f.in.Reset(f.p)
	if err := f.r.(flate.Resetter).Reset(&f.in, nil); err != nil {
		return dst, err
	}
	out := bytes.NewBuffer(dst)
	n, err := io.Copy(out, io.LimitReader(f.r, int64(limit)+1))
	if err == nil && n > int64(limit) {
		err = errTooLong
	}
	return out.Bytes(), err
}
