package instrument

import (
	"math"
	"slices"
)

// BarsKept is how many bars of each resolution a state keeps at most; with fewer, none has left.
const BarsKept = barsMax

const (
	barsMax = 120
	never   = math.MaxInt64

	// Of the newest bars, which trades still touch, at least hotLeast stay as they are; once there are
	// hotMost, those before them are packed. Prints that are ten seconds late find their bar unpacked.
	hotLeast = 12
	hotMost  = 24
)

// ring holds the newest bars of one resolution, ascending, without those of
// empty intervals. It grows as bars come: of 10,000 instruments most have few.
//
// All but the newest are packed as snapshots have them: 50 bytes instead of 128. Kept flat,
// the bars of 10,000 instruments were half of all memory.
type ring struct {
	old      []byte // closed bars before hot that nothing has touched since, oldest first
	olds     int    // how many
	hot      []bar
	versions uint64 // given to closed bars so far
	// open is where settling begins: the earliest bar that is forming or was
	// touched, ns; never where there is none. It is in hot.
	open  int64
	due   int64 // when the next live bar closes, ns; 0 never
	width int64 // ns
}

func (r *ring) n() int { return r.olds + len(r.hot) }

func (r *ring) full() bool { return r.n() == barsMax }

// at gives the bar number i, 0 the oldest. One that is packed must have been unpacked.
func (r *ring) at(i int) *bar { return &r.hot[i-r.olds] }

// newest is the last bar; there is one.
func (r *ring) newest() *bar { return &r.hot[len(r.hot)-1] }

// find gives the place of the bar that opens at start, or the place where it
// would be. The bars from there on are unpacked then.
func (r *ring) find(start int64) (i int, ok bool) {
	n := r.n()
	if n == 0 || r.newest().openAt-start < 0 { // nearly always the newest or a newer one
		return n, false
	}
	i = n - 1
	if r.at(i).openAt-start >= r.width {
		if start < r.hot[0].openAt {
			r.unpack()
		}
		i = r.since(start)
	}
	return i, r.at(i).openAt-start < r.width
}

// since gives the place of the first unpacked bar that opens at start or later. It
// looks at the newest first, in steps that double: it is nearly always among them.
func (r *ring) since(start int64) int {
	low, high := 0, len(r.hot)
	for step := 1; low < high-step; step *= 2 {
		if i := high - step; r.hot[i].openAt < start {
			low = i + 1
		} else {
			high = i
		}
	}
	for low < high {
		if mid := (low + high) / 2; r.hot[mid].openAt < start {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return r.olds + low
}

// forgot says whether a bar that opens at start may have been there and left.
func (r *ring) forgot(start int64) bool {
	if !r.full() || start >= r.hot[0].openAt {
		return false
	}
	r.unpack()
	return start < r.hot[0].openAt
}

// holds says whether the volume of the bar that opens at start stays within int64 with so much more.
func (r *ring) holds(start, size int64) bool {
	i, ok := r.find(start)
	return !ok || r.at(i).volume+size > 0
}

// leaving is the bar that a full ring gives up for the next one; nil where none has to
// leave, or it is packed and so has no news.
func (r *ring) leaving() *bar {
	if !r.full() || r.olds > 0 {
		return nil
	}
	return &r.hot[0]
}

// insert makes a place for a bar that belongs before number i and gives its
// number. A full ring gives up its oldest for it; i is not 0 then.
func (r *ring) insert(i int) int {
	if r.full() {
		r.drop()
		i--
	}
	if i == r.n() {
		r.pack()
	}
	r.grow()
	at := i - r.olds
	copy(r.hot[at+1:], r.hot[at:])
	r.hot[at] = bar{}
	return i
}

// grow adds a place at the end. Steps of a half waste less than doubling.
func (r *ring) grow() {
	n := len(r.hot)
	if n == cap(r.hot) {
		larger := make([]bar, n, min(barsMax, n+n/2+2))
		copy(larger, r.hot)
		r.hot = larger
	}
	r.hot = r.hot[:n+1]
}

// drop forgets the oldest bar.
func (r *ring) drop() {
	if r.olds == 0 {
		r.hot = r.hot[:copy(r.hot, r.hot[1:])]
		return
	}
	p := parser{rest: r.old}
	p.bar(new(bar))
	r.old = p.rest
	r.olds--
}

// pack packs the oldest unpacked bars once there are many.
func (r *ring) pack() {
	if len(r.hot) < hotMost {
		return
	}
	n := 0
	var scratch [64 * hotMost]byte
	packed := scratch[:0]
	for n < len(r.hot)-hotLeast && r.hot[n].state != forming && !r.hot[n].touched {
		packed = r.hot[n].append(packed)
		n++
	}
	r.old = slices.Concat(r.old, packed) // to measure: appending would leave a fifth empty
	r.olds += n
	r.hot = r.hot[:copy(r.hot, r.hot[n:])]
	if len(r.hot) < hotMost && cap(r.hot) > hotMost { // they had been unpacked
		r.hot = append(make([]bar, 0, hotMost), r.hot...)
	}
}

// unpack makes all bars flat again, for a print that is late by more than
// hotLeast bars. They are packed when the next bar begins.
func (r *ring) unpack() {
	if r.olds == 0 {
		return
	}
	flat := make([]bar, 0, barsMax)
	r.each(func(b *bar) { flat = append(flat, *b) })
	r.hot, r.old, r.olds = flat, nil, 0
}

// each calls visit for every bar, oldest first; it must not keep them.
func (r *ring) each(visit func(*bar)) {
	p, b := parser{rest: r.old}, new(bar)
	for range r.olds {
		*b = bar{}
		p.bar(b)
		visit(b)
	}
	for i := range r.hot {
		visit(&r.hot[i])
	}
}

// touch marks a bar as changed since its newest version.
func (r *ring) touch(b *bar, start int64) {
	b.touched = true
	r.open = min(r.open, start)
}

// wait marks a bar as forming until due.
func (r *ring) wait(b *bar, start, due int64) {
	r.open = min(r.open, start)
	if b.live && (r.due == 0 || due < r.due) {
		r.due = due
	}
}
