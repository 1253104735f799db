package scylla

import (
	"context"
	"fmt"
	"math"

	"outcry/internal/tickpack"
	outcryv1 "outcry/proto/outcry/v1"
)

// blockRow is a row of the index blocks_by_seq.
type blockRow struct {
	first, last uint64
	day         int32
}

// Blocks whose last_seq > after, ascending. Blocks of an instrument do not
// overlap, so the search starts at the newest one that begins at or before after.
func (s *Store) Blocks(ctx context.Context, instrument string, after uint64, limit int) ([]*outcryv1.TickBlock, error) {
	if limit < 1 {
		return nil, first(ctx)
	}
	from, err := s.blockBefore(ctx, instrument, after)
	if err != nil {
		return nil, err
	}
	var found []blockRow
	err = s.buckets(ctx, blocksKind, instrument, seqBucket(from, blockBits), math.MaxInt64, false, func(bucket int64) (bool, error) {
		err := each(ctx, s, s.reads.blocksBySeq, limit, []any{instrument, bucket, int64(from)}, scanBlockRow, func(b blockRow) bool {
			if b.last > after {
				found = append(found, b)
			}
			return len(found) < limit
		})
		return len(found) < limit, err
	})
	if err != nil {
		return nil, err
	}
	return fetch(ctx, found, func(ctx context.Context, b blockRow) (*outcryv1.TickBlock, error) {
		block, _, err := one(ctx, s, s.reads.block, scanBlock, instrument, b.day, int64(b.first))
		return block, err
	})
}

// blockBefore gives the newest first_seq up to after; 0 where there is none.
func (s *Store) blockBefore(ctx context.Context, instrument string, after uint64) (seq uint64, err error) {
	err = s.buckets(ctx, blocksKind, instrument, 0, seqBucket(after, blockBits), true, func(bucket int64) (bool, error) {
		found, ok, err := one(ctx, s, s.reads.blockBefore, func(r row) (seq uint64, ok bool, err error) {
			ok = r(&seq)
			return seq, ok, nil
		}, instrument, bucket, int64(after))
		seq = found
		return !ok, err
	})
	return seq, err
}

func scanBlockRow(r row) (b blockRow, ok bool, err error) {
	ok = r(&b.first, &b.last, &b.day)
	return b, ok, nil
}

func blockArgs(b *outcryv1.TickBlock, packed []byte) []any {
	return []any{b.Instrument, b.Day, int64(b.FirstSeq), int64(b.LastSeq), int64(b.Ticks), b.FirstTimeNs, b.LastTimeNs, b.ClockUs, packed, b.ClockUs}
}

func scanBlock(r row) (*outcryv1.TickBlock, bool, error) {
	b := &outcryv1.TickBlock{}
	var packed []byte
	if !r(&b.Instrument, &b.Day, &b.FirstSeq, &b.LastSeq, &b.Ticks, &b.FirstTimeNs, &b.LastTimeNs, &b.ClockUs, &packed) {
		return nil, false, nil
	}
	data, err := tickpack.Unpack(packed)
	if err != nil {
		return nil, true, damaged(fmt.Sprintf("tick block %d of %s", b.FirstSeq, b.Instrument), err)
	}
	b.Data = data
	return b, true, nil
}
