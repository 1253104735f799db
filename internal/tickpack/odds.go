package tickpack

// odds are how likely the next bit is 0, learned from the bits before. Their
// zero value is even: so a model is made by clearing it.
//
// The lower 16 bits are the chance of 0 in 65,536ths, less 32,768; above them stands how many
// bits were seen, up to seenMax.
type odds uint32

const (
	even    = 1 << 15
	certain = 1<<16 - 1
	seenMax = 15
	seenOne = 1 << 16
)

// shifts are by how much odds learn, by the bits seen: half of the way at first, in the end a 32nd.
var shifts = [seenMax + 1]uint8{1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5}

func (o odds) zero() uint64 { return uint64(uint16(o) ^ even) }

// afterZero and afterOne never reach certainty, because the shifts round down.
func (o odds) afterZero() odds {
	p := uint32(uint16(o) ^ even)
	return o.seen() | odds(p+(certain-p)>>shifts[o>>16&seenMax]) ^ even
}

func (o odds) afterOne() odds {
	p := uint32(uint16(o) ^ even)
	return o.seen() | odds(p-p>>shifts[o>>16&seenMax]) ^ even
}

// seen is the upper half with one bit more.
func (o odds) seen() odds {
	n := o >> 16
	return (n + (n-seenMax)>>31) << 16
}
