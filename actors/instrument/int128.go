package instrument

import "math/bits"

// Int128 is a signed 128-bit integer, Hi<<64 + Lo. Sums of price × size fit:
// a bar's volume is at most 2^63 and so is the size of a price.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Product is a × b, exact.
func Product(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return Int128{Hi: int64(hi) - a>>63&b - b>>63&a, Lo: lo}
}

// Add is x + y; it wraps around beyond 127 bits.
func (x Int128) Add(y Int128) Int128 {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	return Int128{Hi: x.Hi + y.Hi + int64(carry), Lo: lo}
}
