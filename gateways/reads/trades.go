package reads

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// errEnough ends the walk through a block.
var errEnough = errors.New("enough")

// blocksAtOnce bounds what is read of the store in one go: a block has 1,000 ticks.
const blocksAtOnce = 64

// Trades after a seq, ascending, from the stored blocks and the open one.
func (r *Reads) Trades(ctx context.Context, q *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error) {
	v, err := r.defined(ctx, q.Instrument)
	if err != nil {
		return nil, err
	}
	answer := &outcryv1.TradesResponse{Definition: v.Latest().Definition}
	after := q.AfterSeq
	visit := func(t *instrument.BlockTick) error {
		if t.Seq <= after || t.Tick.Kind != events.TradeTick {
			return nil
		}
		if len(answer.Trades) == int(q.Limit) {
			answer.More = true
			return errEnough
		}
		answer.Trades = append(answer.Trades, &outcryv1.SequencedTrade{Seq: t.Seq, Trade: tradeOf(t)})
		return nil
	}
	// The open block is copied before the stored ones are read: one that is
	// cut in between is then seen twice rather than not at all.
	var open instrument.Block
	isOpen := false
	unstored := uint64(0) // the first seq that is in no finished block
	err = r.live.Instrument(ctx, q.Instrument, func(s *instrument.State) {
		if s == nil {
			return
		}
		s.View(&v)
		unstored = v.Seq + 1
		if open, isOpen = s.OpenBlock(); isOpen {
			unstored = open.FirstSeq
		}
	})
	if err != nil {
		return nil, fmt.Errorf("asking instrument %s: %w", q.Instrument, err)
	}
	if unstored > after+1 { // also where a block was just cut and the next is still empty
		err := await(ctx, func() (bool, error) {
			blocks, err := r.store.Blocks(ctx, q.Instrument, unstored-2, 1)
			return len(blocks) > 0, err
		})
		if err != nil {
			return nil, fmt.Errorf("reading blocks of %s: %w", q.Instrument, err)
		}
	}
	for last := after; ; {
		blocks, err := r.store.Blocks(ctx, q.Instrument, last, blocksAtOnce)
		if err != nil {
			return nil, fmt.Errorf("reading blocks of %s: %w", q.Instrument, err)
		}
		for _, b := range blocks {
			err := instrument.ReadBlock(b.FirstSeq, b.Data, visit)
			if errors.Is(err, errEnough) {
				return answer, nil
			}
			if err != nil {
				return nil, fmt.Errorf("reading block %d of %s: %w", b.FirstSeq, q.Instrument, err)
			}
			last = b.LastSeq
			after = max(after, last)
		}
		if len(blocks) < blocksAtOnce {
			break
		}
	}
	if isOpen && open.LastSeq > after {
		if err := instrument.ReadBlock(open.FirstSeq, open.Data, visit); err != nil && !errors.Is(err, errEnough) {
			return nil, fmt.Errorf("reading the open block of %s: %w", q.Instrument, err)
		}
	}
	return answer, nil
}

func tradeOf(t *instrument.BlockTick) *outcryv1.Trade {
	id := t.TradeID
	if id == "" && t.Tick.TradeID != 0 {
		id = strconv.FormatInt(t.Tick.TradeID, 10)
	}
	return &outcryv1.Trade{SourceSeq: t.Tick.SourceSeq, EventTimeNs: t.Tick.EventTime, ReceiveTimeNs: t.Tick.ReceiveTime,
		Price: t.Tick.Price, Size: t.Tick.Size, Side: outcryv1.Side(t.Tick.Side), TradeId: id, Venue: t.Venue, Conditions: t.Conditions}
}
