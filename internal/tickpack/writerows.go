package tickpack

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

var errTexts = errors.New("the texts end too early")

// rowMax is how long a row may be, without its texts.
const rowMax = 4 + 3 + fieldCount*8

// writer writes rows, the inverse of rows.
type writer struct {
	past
	data  []byte
	texts []byte // still to be placed
}

func (w *writer) row(t *tick) error {
	at := len(w.data)
	w.data = slices.Grow(w.data, rowMax+8)[:at+4]
	control := uint32(t.kind)
	if t.marked {
		control |= controlMarks
		if err := w.writeMarks(t); err != nil {
			return err
		}
	}
	fields := w.toFields(t)
	n := len(w.data)
	w.data = slices.Grow(w.data, rowMax)
	data := w.data[:cap(w.data)]
	for i, v := range fields {
		binary.LittleEndian.PutUint64(data[n:], v)
		width := (bits.Len64(v) + 7) / 8
		n += width
		control |= uint32(width) << (4 + 4*i)
	}
	binary.LittleEndian.PutUint32(data[at:], control)
	w.data = data[:n]
	return w.place(t.restShape())
}

func (w *writer) writeMarks(t *tick) error {
	for i, mark := range t.marks {
		w.data = append(w.data, mark)
		if i == 0 || int(mark) != w.words+1 {
			continue
		}
		w.words++
		if err := w.place("t"); err != nil {
			return err
		}
	}
	return nil
}

// place moves what has the shape from the texts to the rows.
func (w *writer) place(shape string) error {
	if shape == "" {
		return nil
	}
	n, ok := extent(w.texts, shape)
	if !ok {
		return errTexts
	}
	w.data, w.texts = append(w.data, w.texts[:n]...), w.texts[n:]
	return nil
}

// toFields turns numbers into differences.
func (w *writer) toFields(t *tick) (f [fieldCount]uint64) {
	flags := t.marks[0]
	f[0] = zigzag(int64(t.seq - w.seq[t.kind]))
	f[1] = zigzag(t.at - w.at)
	w.seq[t.kind], w.at = t.seq, t.at
	if flags&flagUnreceived == 0 {
		f[2] = zigzag(t.got - t.at)
	}
	f[4], f[6] = t.size, t.amount
	switch t.kind {
	case quoteKind:
		f[3] = zigzag(t.price - w.price[0])
		w.price[0] = t.price
		if flags&flagNoAsk == 0 {
			f[5] = zigzag(t.other - t.price)
		}
	case tradeKind:
		f[3] = zigzag(t.price - w.price[1])
		f[5] = zigzag(t.other - w.id)
		w.price[1], w.id = t.price, t.other
	case eventKind:
		f[3] = uint64(t.price)
	}
	return f
}
