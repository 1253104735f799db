package embedded

import (
	"errors"
	"fmt"
	"io"
)

// window reads a file piece by piece in large reads. It never reads past end:
// what lies behind may still change.
type window struct {
	file  File
	name  string
	buf   []byte
	start int64 // of buf in the file
	size  int   // bytes of one read
}

func newWindow(file File, name string, size int) window {
	return window{file: file, name: name, size: size, buf: make([]byte, 0, size)}
}

// turn goes to another file and keeps the memory.
func (w *window) turn(file File, name string) {
	w.file, w.name, w.buf = file, name, w.buf[:0]
}

// at gives n bytes at pos, valid until the next call; fewer where end comes before.
func (w *window) at(pos int64, n int, end int64) ([]byte, error) {
	n = int(min(int64(n), end-pos))
	if n <= 0 {
		return nil, nil
	}
	if pos >= w.start && pos+int64(n) <= w.start+int64(len(w.buf)) {
		return w.buf[pos-w.start:][:n], nil
	}
	want := int(min(int64(max(n, w.size)), end-pos))
	if cap(w.buf) < want {
		w.buf = make([]byte, 0, want)
	}
	w.buf, w.start = w.buf[:want], pos
	if err := w.read(w.buf, pos); err != nil {
		w.buf = w.buf[:0]
		return nil, err
	}
	return w.buf[:n], nil
}

// copy fills dst from pos, around the buffer where dst is large.
func (w *window) copy(dst []byte, pos, end int64) error {
	if len(dst) > w.size {
		return w.read(dst, pos)
	}
	b, err := w.at(pos, len(dst), end)
	if err == nil && len(b) < len(dst) {
		err = fmt.Errorf("reading %s at %d: %w", w.name, pos, io.ErrUnexpectedEOF)
	}
	copy(dst, b)
	return err
}

func (w *window) read(dst []byte, pos int64) error {
	n, err := w.file.ReadAt(dst, pos)
	if n == len(dst) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %s at %d: %w", w.name, pos, err)
}
