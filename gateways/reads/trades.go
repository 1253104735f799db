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
	open, isOpen, unstored, err := r.openBlock(ctx, q.Instrument)
	if err != nil {
		return nil, err
	}
	if unstored > after+1 { // also where a block was just cut and the next is still empty
		enough := false
		err := r.whole(ctx, events.Instrument, q.Instrument, func() (err error) {
			if err = r.awaitBlock(ctx, q.Instrument, unstored-1); err == nil {
				after, enough, err = r.storedTrades(ctx, q.Instrument, after, visit)
			}
			return err
		})
		switch {
		case err != nil:
			return nil, err
		case enough:
			return answer, nil
		}
	}
	if isOpen && open.LastSeq > after {
		if err := instrument.ReadBlock(open.FirstSeq, open.Data, visit); err != nil && !errors.Is(err, errEnough) {
			return nil, fmt.Errorf("reading the open block of %s: %w", q.Instrument, err)
		}
	}
	return answer, nil
}

// storedTrades walks through the stored blocks after a seq. last is the end of
// the last block; enough says that visit wants no more.
func (r *Reads) storedTrades(ctx context.Context, id string, after uint64, visit func(*instrument.BlockTick) error) (last uint64, enough bool, err error) {
	for last = after; ; {
		blocks, err := r.store.Blocks(ctx, id, last, blocksAtOnce)
		if err != nil {
			return last, false, fmt.Errorf("reading blocks of %s: %w", id, err)
		}
		for _, b := range blocks {
			err := instrument.ReadBlock(b.FirstSeq, b.Data, visit)
			if errors.Is(err, errEnough) {
				return last, true, nil
			}
			if err != nil {
				return last, false, fmt.Errorf("reading block %d of %s: %w", b.FirstSeq, id, err)
			}
			last = b.LastSeq
		}
		if len(blocks) < blocksAtOnce {
			return last, false, nil
		}
	}
}

// openBlock copies the block that is still being filled, before the stored ones
// are read: one that is cut in between is then seen twice rather than not at
// all. unstored is the first seq that is in no finished block; 0 where nothing is known.
func (r *Reads) openBlock(ctx context.Context, id string) (open instrument.Block, isOpen bool, unstored uint64, err error) {
	err = r.live.Instrument(ctx, id, func(s *instrument.State) {
		if s == nil {
			return
		}
		var v instrument.View
		s.View(&v)
		unstored = v.Seq + 1
		if open, isOpen = s.OpenBlock(); isOpen {
			unstored = open.FirstSeq
		}
	})
	if err != nil {
		err = fmt.Errorf("asking instrument %s: %w", id, err)
	}
	return open, isOpen, unstored, err
}

// awaitBlock waits until the finished block that ends with a seq is stored.
func (r *Reads) awaitBlock(ctx context.Context, id string, last uint64) error {
	err := r.awaitWhole(ctx, events.Instrument, id, func() (bool, error) {
		blocks, err := r.store.Blocks(ctx, id, last-1, 1)
		return len(blocks) > 0, err
	})
	if err != nil {
		return fmt.Errorf("reading blocks of %s: %w", id, err)
	}
	return nil
}

func tradeOf(t *instrument.BlockTick) *outcryv1.Trade {
	id := t.TradeID
	if id == "" && t.Tick.TradeID != 0 {
		id = strconv.FormatInt(t.Tick.TradeID, 10)
	}
	return &outcryv1.Trade{SourceSeq: t.Tick.SourceSeq, EventTimeNs: t.Tick.EventTime, ReceiveTimeNs: t.Tick.ReceiveTime,
		Price: t.Tick.Price, Size: t.Tick.Size, Side: outcryv1.Side(t.Tick.Side), TradeId: id, Venue: t.Venue, Conditions: t.Conditions}
}
