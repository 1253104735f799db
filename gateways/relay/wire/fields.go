package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields are skipped where they are zero, as proto3 does.

func putUint(dst []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), v)
}

func putInt(dst []byte, field protowire.Number, v int64) []byte {
	return putUint(dst, field, uint64(v))
}

func putSint(dst []byte, field protowire.Number, v int64) []byte {
	return putUint(dst, field, protowire.EncodeZigZag(v))
}

// putPresent writes a field with presence, zero or not.
func putPresent(dst []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), protowire.EncodeZigZag(v))
}

func putFixed(dst []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendFixed64(protowire.AppendTag(dst, field, protowire.Fixed64Type), v)
}

func putString(dst []byte, field protowire.Number, v string) []byte {
	if v == "" {
		return dst
	}
	return protowire.AppendString(protowire.AppendTag(dst, field, protowire.BytesType), v)
}

func putBool(dst []byte, field protowire.Number, v bool) []byte {
	return putUint(dst, field, protowire.EncodeBool(v))
}

// open begins a message field; seal ends it, with where its length stands.
// One byte is kept for the length: most are short, and moving the few long
// ones is cheaper than measuring all of them first.
func open(dst []byte, field protowire.Number) (out []byte, at int) {
	dst = append(protowire.AppendTag(dst, field, protowire.BytesType), 0)
	return dst, len(dst) - 1
}

func seal(dst []byte, at int) []byte {
	n := len(dst) - at - 1
	if n < 0x80 {
		dst[at] = byte(n)
		return dst
	}
	extra := protowire.SizeVarint(uint64(n)) - 1
	var room [9]byte
	dst = append(dst, room[:extra]...)
	copy(dst[at+1+extra:], dst[at+1:at+1+n])
	protowire.AppendVarint(dst[:at], uint64(n))
	return dst
}
