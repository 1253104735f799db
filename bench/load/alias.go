package load

import "math/rand/v2"

// alias draws numbers by weight in constant time (Walker, Vose): each place
// holds its own number and, from its threshold on, another's.
type alias struct {
	threshold []uint32
	other     []int32
}

func newAlias(weights []float64) alias {
	n := len(weights)
	a := alias{threshold: make([]uint32, n), other: make([]int32, n)}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	scaled := make([]float64, n)
	var small, large []int32
	put := func(i int32) {
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for i, w := range weights {
		scaled[i] = w / sum * float64(n)
		put(int32(i))
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small, large = small[:len(small)-1], large[:len(large)-1]
		a.threshold[s], a.other[s] = uint32(scaled[s]*(1<<32-1)), l
		scaled[l] -= 1 - scaled[s]
		put(l)
	}
	for _, i := range append(small, large...) {
		a.threshold[i], a.other[i] = 1<<32-1, i
	}
	return a
}

// draw turns 64 random bits into a number.
func (a *alias) draw(r uint64) int {
	i := int(r >> 32 * uint64(len(a.other)) >> 32)
	if uint32(r) > a.threshold[i] {
		return int(a.other[i])
	}
	return i
}

// Some draws so many different instruments of n: by weight, or each as likely.
func Some(n, count int, byWeight bool, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, 0x50e))
	count = min(count, n)
	if !byWeight {
		return random.Perm(n)[:count]
	}
	pick, seen, all := newAlias(zipf(n)), make(map[int]bool, count), make([]int, 0, count)
	for len(all) < count {
		if i := pick.draw(random.Uint64()); !seen[i] {
			seen[i] = true
			all = append(all, i)
		}
	}
	return all
}
