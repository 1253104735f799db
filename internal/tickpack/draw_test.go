package tickpack

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// drawn is a block as the fold writes them: like a market, and with anything now and then.
func drawn(t *rapid.T) []byte {
	step := rapid.SampledFrom([]int64{1, 100, 1_000_000, 25}).Draw(t, "step")
	number := func(name string, before int64) int64 {
		switch rapid.IntRange(0, 9).Draw(t, name+" is") {
		case 0:
			return rapid.Int64().Draw(t, name)
		case 1, 2, 3:
			return before
		}
		return before + step*rapid.Int64Range(-3, 300).Draw(t, name)
	}
	w := writer{data: []byte{version}}
	var before [3]tick
	for range rapid.IntRange(0, 60).Draw(t, "ticks") {
		x := tick{kind: uint8(rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "kind"))}
		p := &before[x.kind]
		x.marks = p.marks
		if rapid.IntRange(0, 9).Draw(t, "marks") == 0 {
			x.marked = true
			x.marks[0] = uint8(rapid.IntRange(0, flagsAll).Draw(t, "flags"))
			w.texts = drawMarks(t, &x, w.words, w.texts)
		}
		x.seq = uint64(number("seq", int64(p.seq)+1))
		x.at = number("at", p.at)
		x.got = number("got", x.at)
		x.price, x.size = number("price", p.price), uint64(number("size", int64(p.size)))
		x.other, x.amount = number("other", p.other), uint64(number("amount", int64(p.amount)))
		w.texts = drawRest(t, &x, p, w.texts)
		*p = x
		if err := w.row(&x); err != nil {
			t.Fatal(err)
		}
	}
	return w.data
}

func drawMarks(t *rapid.T, x *tick, words int, texts []byte) []byte {
	for i := 1; i < 3; i++ {
		x.marks[i] = uint8(rapid.IntRange(0, words+1).Draw(t, "word"))
		if int(x.marks[i]) == words+1 {
			words++
			texts = drawText(t, texts)
		}
	}
	return texts
}

// drawRest keeps what rows must not say: a bid that is absent and has moved.
func drawRest(t *rapid.T, x, p *tick, texts []byte) []byte {
	if x.kind == quoteKind && x.marks[0]&flagNoBid != 0 {
		x.price = p.price
	}
	if x.kind == eventKind {
		x.price = rapid.Int64Range(0, 5).Draw(t, "event")
		x.size, x.other, x.amount = 0, 0, 0
	}
	for _, what := range x.restShape() {
		if what == 't' {
			texts = drawText(t, texts)
		} else {
			texts = binary.AppendVarint(texts, rapid.Int64().Draw(t, "rest"))
		}
	}
	return texts
}

func drawText(t *rapid.T, texts []byte) []byte {
	s := rapid.StringN(0, 40, 60).Draw(t, "text")
	return append(binary.AppendUvarint(texts, uint64(len(s))), s...)
}

// market is a block of so many quotes and trades that look like one, for what needs no rapid.
func market(tb testing.TB, ticks int) []byte {
	tb.Helper()
	w := writer{data: []byte{version}}
	seed := uint64(1)
	next := func(n uint64) int64 { // xorshift: the same everywhere
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int64(seed % n)
	}
	q := tick{kind: quoteKind, seq: 50_093_239_212, at: 1_723_161_254_087_891_268, price: 6_183_763_000_000, other: 6_183_764_000_000, size: 378_826_000, amount: 154_698_000}
	x := tick{kind: tradeKind, seq: 3_735_683_259, other: 3_735_683_259}
	for i := range ticks {
		q.at += 100 * next(200_000)
		q.got = q.at
		if next(5) == 0 {
			x.seq, x.other = x.seq+1, x.other+1
			x.at, x.got = (q.at+1_270_000_000)/1e6*1e6, q.got
			x.price, x.size, x.amount = q.price, uint64(1000*(1+next(100_000))), 1+uint64(next(2))
			if x.amount == 1 {
				x.price = q.other
			}
			x.marked = i == 0
			if err := w.row(&x); err != nil {
				tb.Fatal(err)
			}
			continue
		}
		q.seq += uint64(1 + next(30))
		switch next(8) {
		case 0:
			q.price += 1_000_000 * (next(200) - 100)
			q.other = q.price + 1_000_000
		case 1, 2, 3:
			q.size = uint64(1000 * next(500_000))
		default:
			q.amount = uint64(1000 * next(500_000))
		}
		if err := w.row(&q); err != nil {
			tb.Fatal(err)
		}
	}
	return w.data
}
