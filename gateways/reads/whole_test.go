package reads

import (
	"context"
	"errors"
	"sync"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// questions are all that need rows of an entity, on a house where they do.
func (h *house) questions() map[string]func() error {
	ctx := h.t.Context()
	return map[string]func() error{
		"bars": func() error {
			_, err := h.Bars(ctx, &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_1M, CountBack: 150})
			return err
		},
		"closed bars": func() error {
			_, _, _, err := h.ClosedBars(ctx, h.id, outcryv1.Resolution_RESOLUTION_1M, 0, 10)
			return err
		},
		"trades": func() error {
			_, err := h.Trades(ctx, &outcryv1.TradesRequest{Instrument: h.id, Limit: 10})
			return err
		},
		"messages": func() error {
			_, err := h.Messages(ctx, &outcryv1.MessagesRequest{Room: lobby, AfterSeq: 1, Limit: 10})
			return err
		},
		"message": func() error {
			_, _, err := h.Message(ctx, lobby, 1)
			return err
		},
	}
}

// busyHouse has more than its actors keep.
func busyHouse(t *testing.T) *house {
	h := newHouse(t)
	for minute := range int64(200) {
		h.print(minute*60, 100+minute, 1)
	}
	for range 600 {
		h.say("x")
	}
	for range 1000 {
		h.printLive(100)
	}
	h.write()
	return h
}

// A row that is missing must not read as if nothing had happened: not as an empty
// minute, nor as a message that was never said.
func TestReadsThatNeedMissingRowsSaySo(t *testing.T) {
	h := busyHouse(t)
	all := func(missing bool) {
		t.Helper()
		var group sync.WaitGroup
		for name, ask := range h.questions() { // at once: each waits a moment for the rows
			group.Go(func() {
				if err := ask(); errors.Is(err, ErrCatchingUp) != missing || !missing && err != nil {
					t.Errorf("%s, rows are missing %v: %v", name, missing, err)
				}
			})
		}
		group.Wait()
	}
	all(false)
	h.debts.Add(1)
	all(true)
	h.debts.Add(1)
	all(false)
}

// fallsBehind is a store that loses rows while it is asked.
type fallsBehind struct {
	projections.Store
	h *house
}

func (s *fallsBehind) Bars(ctx context.Context, q projections.BarsQuery) ([]*outcryv1.Bar, error) {
	defer s.h.debts.Add(2)
	return s.Store.Bars(ctx, q)
}

// Rows that went missing and came while they were read may be half of what was asked for.
func TestRowsThatWereMissingInBetweenAreNotBelieved(t *testing.T) {
	h := busyHouse(t)
	h.Reads = New(h, &fallsBehind{h.store, h})
	if err := h.questions()["bars"](); !errors.Is(err, ErrCatchingUp) {
		t.Error(err)
	}
}

// During trouble with the store, what the actors hold is shown as ever: a price, today's chart, the newest talk.
func TestReadsOfWhatTheActorsHoldNeedNoRows(t *testing.T) {
	h := newHouse(t)
	for minute := range int64(100) {
		h.print(minute*60, 100+minute, 1)
	}
	h.say("x")
	h.debts.Add(1)
	bars, err := h.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: h.id, Resolution: outcryv1.Resolution_RESOLUTION_5M, CountBack: 30})
	if err != nil || len(bars.Bars) != 20 {
		t.Errorf("%d bars, %v", len(bars.GetBars()), err)
	}
	trades, err := h.Trades(t.Context(), &outcryv1.TradesRequest{Instrument: h.id, Limit: 10, AfterSeq: h.seq - 2})
	if err != nil || len(trades.Trades) == 0 {
		t.Errorf("%d trades, %v", len(trades.GetTrades()), err)
	}
	if m, err := h.Messages(t.Context(), &outcryv1.MessagesRequest{Room: lobby, Limit: 10}); err != nil || len(m.Messages) != 1 {
		t.Errorf("%d messages, %v", len(m.GetMessages()), err)
	}
}
