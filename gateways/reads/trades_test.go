package reads

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// tradesFrom pages through the trades after a seq.
func (h *house) tradesFrom(after uint64, limit uint32) (seqs []uint64, err error) {
	for more := true; more; {
		answer, err := h.Trades(h.t.Context(), &outcryv1.TradesRequest{Instrument: h.id, AfterSeq: after, Limit: limit})
		if err != nil {
			return nil, err
		}
		more = answer.More
		for _, tr := range answer.Trades {
			after = tr.Seq
			seqs = append(seqs, tr.Seq)
		}
	}
	return seqs, nil
}

func (h *house) wantSeqs(got []uint64, err error, from, to uint64) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	for i, seq := range got {
		if seq != from+uint64(i) {
			h.t.Fatalf("trade %d has seq %d, not %d", i, seq, from+uint64(i))
		}
	}
	if n := to - from + 1; uint64(len(got)) != n {
		h.t.Fatalf("%d trades of %d", len(got), n)
	}
}

// blockTicks is how many ticks the fold puts into a block; the definition is one.
const blockTicks = 1000

// A trade at the seam of two blocks, or of the stored and the open one, must come once.
func TestTradesComeFromBlocksAndTheOpenOne(t *testing.T) {
	h := newHouse(t)
	for i := range int64(2*blockTicks + 10) {
		h.print(i/100, 100+i%7, 1)
	}
	h.write()
	last := uint64(2*blockTicks + 11)
	for _, after := range []uint64{0, 1, blockTicks - 1, blockTicks, blockTicks + 1, 2 * blockTicks, last - 1, last} {
		for _, limit := range []uint32{7, blockTicks, 5000} {
			if limit == 7 && after < 2*blockTicks-20 {
				continue
			}
			seqs, err := h.tradesFrom(after, limit)
			h.wantSeqs(seqs, err, max(after+1, 2), last)
		}
	}
}

// A block of a quiet instrument is cut by its age: it leaves the actor before its row is
// there, and the next is empty. Whoever resumed then was told that nothing is missing, and
// lost up to a thousand trades.
func TestTradesOfABlockOnItsWayAreWaitedFor(t *testing.T) {
	h := newHouse(t)
	for i := range int64(20) {
		h.printLive(i)
	}
	h.pass(2 * 60 * 1e9)
	if _, open := h.tape.OpenBlock(); open || len(h.pending.Blocks) == 0 {
		t.Fatalf("the block was not cut by its age: %d blocks", len(h.pending.Blocks))
	}
	type answer struct {
		seqs []uint64
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		seqs, err := h.tradesFrom(0, 5000)
		answered <- answer{seqs, err}
	}()
	select {
	case <-h.store.asked:
	case a := <-answered:
		t.Fatalf("answered before the block was written, with %d trades (%v)", len(a.seqs), a.err)
	}
	h.write()
	a := <-answered
	h.wantSeqs(a.seqs, a.err, 2, h.seq+1)
}

// An id that nobody knows is an error of its own, so that clients do not retry.
func TestUnknownIdsAreSaidToBeUnknown(t *testing.T) {
	h := newHouse(t)
	_, err := h.Trades(t.Context(), &outcryv1.TradesRequest{Instrument: "NONE", Limit: 1})
	wantError(t, err, ErrUnknownInstrument)
	_, err = h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "NONE", Resolution: 1, Limit: 1})
	wantError(t, err, ErrUnknownInstrument)
	_, err = h.Messages(t.Context(), &outcryv1.MessagesRequest{Room: "none", Limit: 1})
	wantError(t, err, ErrUnknownRoom)
	got, err := h.Latest(t.Context(), &outcryv1.LatestRequest{Instruments: []string{"NONE", h.id}})
	if err != nil || len(got.Instruments) != 1 || len(got.Unknown) != 1 || got.Unknown[0] != "NONE" {
		t.Errorf("%v, %v", got, err)
	}
}
