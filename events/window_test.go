package events

import (
	"bytes"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// naive is what a Window must decide, the simple way: everything seen, remembered for ever.
type naive struct {
	high uint64
	seen map[uint64]bool
}

func (n *naive) see(seq uint64) (v Verdict, gap uint64) {
	switch {
	case len(n.seen) == 0:
		n.seen, n.high = map[uint64]bool{}, seq
	case seq > n.high:
		gap, n.high = seq-n.high-1, seq
	case n.high-seq >= Span:
		return Late, 0
	case n.seen[seq]:
		return Duplicate, 0
	}
	n.seen[seq] = true
	return New, gap
}

// sequences draws a source's next sequence: mostly in order, with holes,
// disorder, repetition, jumps and both ends of the numbers.
func sequences(t *rapid.T, high uint64) uint64 {
	up := func(d uint64) uint64 { return high + min(d, math.MaxUint64-high) }
	down := func(d uint64) uint64 { return high - min(d, high) }
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2, 3:
		return up(1)
	case 4:
		return up(rapid.Uint64Range(2, 70).Draw(t, "hole"))
	case 5, 6:
		return down(rapid.Uint64Range(0, 70).Draw(t, "back"))
	case 7:
		return down(rapid.Uint64Range(Span-3, Span+3).Draw(t, "edge"))
	case 8:
		return up(rapid.Uint64Range(Span-3, Span+3).Draw(t, "jump"))
	}
	return rapid.Uint64().Draw(t, "any")
}

// A tick taken twice or thrown away wrongly makes a bar wrong for good.
func TestWindowDecidesAsAPerfectMemoryWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Window
		var n naive
		high := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(Span-3, Span+3), rapid.Just(uint64(math.MaxUint64-5)), rapid.Uint64()).Draw(t, "start")
		seq := high
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			v, gap := w.See(seq)
			if wantV, wantGap := n.see(seq); v != wantV || gap != wantGap {
				t.Fatalf("sequence %d with %d highest: %v, gap %d; want %v, gap %d", seq, n.high, v, gap, wantV, wantGap)
			}
			high = n.high
			if rapid.IntRange(0, 9).Draw(t, "restore") == 0 {
				w = restored(t, &w)
			}
			seq = sequences(t, high)
		}
		for d := range uint64(Span) { // the whole window
			if d > high {
				break
			}
			if got, want := (w.bits == nil && high-d >= w.low) || (w.bits != nil && w.has(high-d)), n.seen[high-d]; got != want {
				t.Fatalf("sequence %d, highest %d: seen %v, want %v", high-d, high, got, want)
			}
		}
	})
}

func restored(t *rapid.T, w *Window) Window {
	data := w.Append([]byte("x"))[1:]
	back, rest, err := ParseWindow(append(data, "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("%x: rest %q, %v", data, rest, err)
	}
	return back
}

// Hashes of owner and standby must agree however each came to what it knows.
func TestWindowsThatDecideAlikeHaveTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(0, 2*Span).Draw(t, "first")
		seqs := make([]uint64, rapid.IntRange(1, 100).Draw(t, "length"))
		for i := range seqs {
			seqs[i] = first + uint64(i)
			if rapid.IntRange(0, 20).Draw(t, "hole") == 0 {
				first += 2
			}
		}
		var a, b Window
		for _, s := range seqs {
			a.See(s)
		}
		for _, s := range rapid.Permutation(seqs).Draw(t, "order") {
			b.See(s)
		}
		if x, y := a.Append(nil), b.Append(nil); !bytes.Equal(x, y) {
			t.Fatalf("%v in order %x, in another %x", seqs, x, y)
		}
	})
}

// Tens of thousands of sources have a window each: where nothing is missing it must be small.
func TestWindowWithoutHolesIsTiny(t *testing.T) {
	var w Window
	for s := uint64(1); s < 3*Span; s++ {
		w.See(s)
	}
	if size := unsafe.Sizeof(w); w.bits != nil || size > 32 {
		t.Fatalf("bits %p, %d bytes", w.bits, size)
	}
	w.See(3*Span + 5)
	if w.bits == nil {
		t.Fatal("a hole is not remembered")
	}
	for s := uint64(3*Span + 6); s <= 5*Span; s++ {
		w.See(s)
	}
	if w.bits != nil {
		t.Fatal("the bits outlived the hole")
	}
	if data := w.Append(nil); len(data) > 20 {
		t.Fatalf("%d bytes without a hole", len(data))
	}
}

// A damaged snapshot must be refused, and one window must have one form only.
func FuzzParseWindow(f *testing.F) {
	var run, holes Window
	f.Add(run.Append(nil))
	for s := range uint64(100) {
		run.See(s + 5)
		holes.See(s*s + 9)
	}
	f.Add(run.Append(nil))
	f.Add(holes.Append(nil))
	f.Add([]byte{formRun, 0x80, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		w, rest, err := ParseWindow(data)
		if err != nil {
			return
		}
		if got := append(w.Append(nil), rest...); !bytes.Equal(got, data) {
			t.Fatalf("%x came back as %x", data, got)
		}
		if w.any {
			if v, _ := w.See(w.high); v != Duplicate {
				t.Fatalf("the highest sequence %d is not known", w.high)
			}
		}
	})
}

func BenchmarkWindow(b *testing.B) {
	b.Run("consecutive", func(b *testing.B) {
		var w Window
		for seq := uint64(0); b.Loop(); seq++ {
			w.See(seq)
		}
	})
	b.Run("holes", func(b *testing.B) {
		var w Window
		for seq := uint64(0); b.Loop(); seq += 3 {
			w.See(seq)
		}
	})
}
