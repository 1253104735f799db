package events

import (
	"errors"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

var (
	errTruncated = errors.New("the bytes end inside a field")
	errVarint    = errors.New("a number has more than 64 bits")
	errField     = errors.New("a field has an invalid number or wire type")
)

// field is one field of a message. What is not a varint or bytes is unknown
// to the schema, so only its type is kept.
type field struct {
	number protowire.Number
	typ    protowire.Type
	value  uint64
	data   []byte
}

// next reads the field at the start of b and gives the bytes after it. It refuses what the
// generated code refuses.
func (f *field) next(b []byte) (rest []byte, err error) {
	tag, b, err := uvarint(b)
	if err != nil {
		return nil, err
	}
	if tag>>3 < uint64(protowire.MinValidNumber) || tag>>3 > uint64(protowire.MaxValidNumber) {
		return nil, errField
	}
	f.number, f.typ = protowire.Number(tag>>3), protowire.Type(tag&7)
	switch f.typ {
	case protowire.VarintType:
		f.value, b, err = uvarint(b)
		return b, err
	case protowire.BytesType:
		n, b, err := uvarint(b)
		if err != nil {
			return nil, err
		}
		if n > uint64(len(b)) {
			return nil, errTruncated
		}
		f.data = b[:n]
		return b[n:], nil
	}
	n := protowire.ConsumeFieldValue(f.number, f.typ, b)
	if n < 0 {
		return nil, protowire.ParseError(n)
	}
	return b[n:], nil
}

// uvarint reads one number.
func uvarint(b []byte) (v uint64, rest []byte, err error) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], nil
	}
	for i, c := range b {
		if i == 9 && c > 1 {
			return 0, nil, errVarint
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errTruncated
}

// appendUvarints reads packed numbers to the end of b: at most one per byte.
func appendUvarints(dst []uint64, b []byte) ([]uint64, error) {
	n := len(dst)
	dst = slices.Grow(dst, len(b))
	dst = dst[:n+len(b)]
	for i := 0; i < len(b); n++ {
		v := uint64(b[i])
		i++
		if v >= 0x80 {
			v &= 0x7f
			for shift := 7; ; shift += 7 {
				if i == len(b) {
					return nil, errTruncated
				}
				c := uint64(b[i])
				i++
				if shift == 63 && c > 1 {
					return nil, errVarint
				}
				v |= c & 0x7f << shift
				if c < 0x80 {
					break
				}
			}
		}
		dst[n] = v
	}
	return dst[:n], nil
}
