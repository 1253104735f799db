package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// errLine marks faults of one line, after which the next can be read.
var errLine = errors.New("line")

var errTooLong = fmt.Errorf("%w is longer than %d bytes", errLine, MaxLine)
var errUTF8 = fmt.Errorf("%w is not valid UTF-8", errLine)

// lines reads lines of bounded length.
type lines struct {
	r   *bufio.Reader
	n   uint64
	buf []byte
}

func openLines(r io.Reader) (*lines, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(2)
	if err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("reading gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, 64<<10)
	}
	return &lines{r: b}, nil
}

// next gives a line without its end and its 1-based number.
func (l *lines) next() (line string, n uint64, err error) {
	l.buf = l.buf[:0]
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(part) > MaxLine+1 {
			tooLong = true
		} else {
			l.buf = append(l.buf, part...)
		}
		if err == nil || errors.Is(err, io.EOF) && (len(l.buf) > 0 || tooLong) {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", l.n, err
		}
	}
	l.n++
	text := bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r"))
	switch {
	case tooLong:
		return "", l.n, errTooLong
	case !utf8.Valid(text):
		return "", l.n, errUTF8
	}
	return string(text), l.n, nil
}
