package instrument

import "math"

const (
	barsMax = 120
	never   = math.MaxInt64
)

// ring holds the newest bars of one resolution, ascending, without those of
// empty intervals. It grows as bars come: of 10,000 instruments most have few.
type ring struct {
	bars     []bar
	head     int    // place of the oldest; 0 until barsMax are there
	versions uint64 // given to closed bars so far
	// open is where settling begins: the earliest bar that is forming or was
	// touched, ns; never where there is none.
	open  int64
	due   int64 // when the next live bar closes, ns; 0 never
	width int64 // ns
}

func (r *ring) n() int { return len(r.bars) }

func (r *ring) full() bool { return len(r.bars) == barsMax }

// at gives the bar number i, 0 the oldest.
func (r *ring) at(i int) *bar {
	if i += r.head; i >= len(r.bars) {
		i -= len(r.bars)
	}
	return &r.bars[i]
}

// find gives the place of the bar that opens at start, or the place where it would be.
func (r *ring) find(start int64) (i int, ok bool) {
	n := r.n()
	if n == 0 || r.at(n-1).openAt-start < 0 { // nearly always the newest or a newer one
		return n, false
	}
	i = n - 1
	if r.at(i).openAt-start >= r.width {
		i = r.since(start)
	}
	return i, r.at(i).openAt-start < r.width
}

// since gives the place of the first bar that opens at start or later. It
// looks at the newest first, in steps that double: it is nearly always among them.
func (r *ring) since(start int64) int {
	low, high := 0, r.n()
	for step := 1; low < high-step; step *= 2 {
		if i := high - step; r.at(i).openAt < start {
			low = i + 1
		} else {
			high = i
		}
	}
	for low < high {
		if mid := (low + high) / 2; r.at(mid).openAt < start {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// forgot says whether a bar that opens at start may have been there and left.
func (r *ring) forgot(start int64) bool { return r.full() && start < r.at(0).openAt }

// holds says whether the volume of the bar that opens at start stays within int64 with so much more.
func (r *ring) holds(start, size int64) bool {
	i, ok := r.find(start)
	return !ok || r.at(i).volume+size > 0
}

// insert makes a place for a bar that belongs before number i and gives its
// number. A full ring gives up its oldest for it; i is not 0 then.
func (r *ring) insert(i int) int {
	if r.full() {
		if r.head++; r.head == barsMax {
			r.head = 0
		}
		i--
	} else {
		r.grow()
	}
	for j := r.n() - 1; j > i; j-- {
		*r.at(j) = *r.at(j - 1)
	}
	*r.at(i) = bar{}
	return i
}

// grow adds a place at the end, where the ring is not full and head is 0.
// Steps of a half waste less than doubling.
func (r *ring) grow() {
	n := len(r.bars)
	if n == cap(r.bars) {
		larger := make([]bar, n, min(barsMax, n+n/2+2))
		copy(larger, r.bars)
		r.bars = larger
	}
	r.bars = r.bars[:n+1]
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
