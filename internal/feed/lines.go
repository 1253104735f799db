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
	b, err := unzip(r)
	if err != nil {
		return nil, err
	}
	return &lines{r: b}, nil
}

// unzip gives the content of r, gzip or plain.
func unzip(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(2)
	if err != nil || !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return b, nil // an error of r comes again with the first line
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("reading gzip: %w", err)
	}
	return bufio.NewReaderSize(unzipped{z}, 64<<10), nil
}

// unzipped says what its errors mean: gzip's own are "unexpected EOF" and the like.
type unzipped struct{ z *gzip.Reader }

func (u unzipped) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("the gzip data are cut off or damaged: %w", err)
	}
	return n, err
}

// CheckWhole reads r to its end and tells when its gzip data are cut off or
// damaged. A file of which half was imported would be another source when it
// comes again whole, and its first half counted twice.
func CheckWhole(r io.Reader) error {
	b, err := unzip(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, b)
	return err
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
