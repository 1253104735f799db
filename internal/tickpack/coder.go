package tickpack

import (
	"encoding/binary"
	"math/bits"
)

// coder is a binary range coder of 64 bits that writes or reads; every method
// takes the value to write and gives the value, so that one description of the
// data serves both directions.
type coder struct {
	reading bool
	width   uint64 // of the interval that is left
	low     uint64 // writing: its lower end
	code    uint64 // reading: where in it the data point
	data    []byte // what was written, or is still to be read
}

const (
	widthMin = 1 << 32 // below it, four bytes more
	rawMax   = 24      // bits at once
)

func (c *coder) write(dst []byte) { *c = coder{width: 1<<64 - 1, data: dst} }

func (c *coder) read(data []byte) {
	*c = coder{width: 1<<64 - 1, reading: true, data: data}
	c.code = uint64(c.four())<<32 | uint64(c.four())
}

// four bytes of the data; behind their end stand zeros.
func (c *coder) four() uint32 {
	if len(c.data) < 4 {
		var last [4]byte
		copy(last[:], c.data)
		c.data = nil
		return binary.BigEndian.Uint32(last[:])
	}
	v := binary.BigEndian.Uint32(c.data)
	c.data = c.data[4:]
	return v
}

// widen makes room for more, when width is below widthMin.
func (c *coder) widen() {
	if c.reading {
		c.code = c.code<<32 | uint64(c.four())
	} else {
		c.data = binary.BigEndian.AppendUint32(c.data, uint32(c.low>>32))
		c.low <<= 32
	}
	c.width <<= 32
}

// skip moves the lower end up.
func (c *coder) skip(by uint64) {
	low, carry := bits.Add64(c.low, by, 0)
	if c.low = low; carry != 0 {
		c.carry()
	}
}

// carry goes into what was written.
func (c *coder) carry() {
	for i := len(c.data) - 1; i >= 0; i-- {
		if c.data[i]++; c.data[i] != 0 {
			return
		}
	}
}

// end gives what was written, with the fewest bytes that still point into the
// interval. What stood there before the coder stays.
func (c *coder) end(before int) []byte {
	n := 1
	for ; n < 8; n++ {
		up := uint64(1)<<(64-8*n) - 1
		if at, carry := bits.Add64(c.low, up, 0); carry == 0 && (at&^up)-c.low < c.width {
			c.low = at &^ up
			break
		}
	}
	for range n {
		c.data = append(c.data, byte(c.low>>56))
		c.low <<= 8
	}
	for len(c.data) > before && c.data[len(c.data)-1] == 0 { // zeros stand behind the end anyway
		c.data = c.data[:len(c.data)-1]
	}
	return c.data
}

// bit is one of the given odds, which learn from it.
func (c *coder) bit(o *odds, b uint64) uint64 {
	zero := c.width >> 16 * o.zero()
	if c.reading {
		b = isTrue(c.code >= zero)
	}
	if b == 0 {
		c.width = zero
		*o = o.afterZero()
	} else {
		c.width -= zero
		*o = o.afterOne()
		if c.reading {
			c.code -= zero
		} else {
			c.skip(zero)
		}
	}
	if c.width < widthMin {
		c.widen()
	}
	return b
}

// raw is a number of so many bits, all as likely.
func (c *coder) raw(n int, v uint64) uint64 {
	if c.reading {
		v = 0
	}
	for at := 0; at < n; at += rawMax {
		part := min(n-at, rawMax)
		mask := uint64(1)<<part - 1
		c.width >>= part
		if c.reading {
			got := min(c.code/c.width, mask)
			c.code -= got * c.width
			v |= got << at
		} else {
			c.skip(v >> at & mask * c.width)
		}
		if c.width < widthMin {
			c.widen()
		}
	}
	return v
}

// tree is a number of so many bits as len(t) is a power of two, the highest
// first, each with the odds of the bits before it.
func (c *coder) tree(t []odds, v uint64) uint64 {
	if c.reading {
		return c.readTree(t)
	}
	c.writeTree(t, v)
	return v
}

// writeTree and readTree are bit for each bit, with what it changes kept in
// registers: a third of the time less.
func (c *coder) writeTree(t []odds, v uint64) {
	width := c.width
	node, end := uint64(1), uint64(len(t))
	for at := end >> 1; node < end; at >>= 1 {
		o := t[node]
		zero := width >> 16 * o.zero()
		if v&at == 0 {
			width = zero
			t[node] = o.afterZero()
			node <<= 1
		} else {
			width -= zero
			t[node] = o.afterOne()
			node = node<<1 | 1
			low, carry := bits.Add64(c.low, zero, 0)
			if c.low = low; carry != 0 {
				c.carry()
			}
		}
		if width < widthMin {
			c.width = width
			c.widen()
			width = c.width
		}
	}
	c.width = width
}

func (c *coder) readTree(t []odds) uint64 {
	width, code := c.width, c.code
	node, end := uint64(1), uint64(len(t))
	for node < end {
		o := t[node]
		zero := width >> 16 * o.zero()
		if code < zero {
			width = zero
			t[node] = o.afterZero()
			node <<= 1
		} else {
			width, code = width-zero, code-zero
			t[node] = o.afterOne()
			node = node<<1 | 1
		}
		if width < widthMin {
			width, code = width<<32, code<<32|uint64(c.four())
		}
	}
	c.width, c.code = width, code
	return node - end
}
