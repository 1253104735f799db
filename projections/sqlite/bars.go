package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"outcry/internal/tickpack"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

const barColumns = `instrument, resolution, time, open, high, low, close, volume, turnover, buy_volume, trades,
	first_seq, last_seq, revision, state, dirty, bar_seq, clock_us, open_time_ns, close_time_ns`

// Bars selects bars of 1s or 1m, ascending by time.
func (s *Store) Bars(ctx context.Context, q projections.BarsQuery) ([]*outcryv1.Bar, error) {
	resolution, err := resolutionWord(q.Resolution)
	if err != nil {
		return nil, err
	}
	to := q.To
	if to == 0 {
		to = math.MaxInt64
	}
	const where = " FROM bars WHERE instrument = ? AND resolution = ? AND time >= ? AND time < ? ORDER BY time "
	if q.Newest {
		return newestFirst(collect(ctx, s, scanBar, "SELECT "+barColumns+where+"DESC LIMIT ?", q.Instrument, resolution, q.From, to, atMost(q.Limit)))
	}
	return collect(ctx, s, scanBar, "SELECT "+barColumns+where+"LIMIT ?", q.Instrument, resolution, q.From, to, atMost(q.Limit))
}

// BarsAfter reads closed bars with bar_seq > after, ascending by bar_seq.
func (s *Store) BarsAfter(ctx context.Context, instrument string, r outcryv1.Resolution, after uint64, limit int) ([]*outcryv1.Bar, error) {
	resolution, err := resolutionWord(r)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, scanBar, "SELECT "+barColumns+
		" FROM bars WHERE instrument = ? AND resolution = ? AND bar_seq > 0 AND bar_seq > ? ORDER BY bar_seq LIMIT ?",
		instrument, resolution, int64(after), atMost(limit))
}

func barArgs(b *outcryv1.Bar, args []any) ([]any, error) {
	resolution, err := resolutionWord(b.Resolution)
	if err != nil {
		return nil, err
	}
	return append(args, b.Instrument, resolution, b.Time, b.Open, b.High, b.Low, b.Close, b.Volume, digits(b.Turnover), b.BuyVolume,
		int64(b.Trades), int64(b.FirstSeq), int64(b.LastSeq), b.Revision, barStates.word(int32(b.State)), b.Dirty, int64(b.BarSeq), b.ClockUs,
		b.OpenTimeNs, b.CloseTimeNs), nil
}

func dirtyArgs(d projections.DirtyBar, args []any) ([]any, error) {
	resolution, err := resolutionWord(d.Resolution)
	return append(args, d.Instrument, resolution, d.Time, d.ClockUs), err
}

func scanBar(rows *sql.Rows) (*outcryv1.Bar, error) {
	b := &outcryv1.Bar{}
	var resolution, state string
	var turnover *string
	err := rows.Scan(&b.Instrument, &resolution, &b.Time, &b.Open, &b.High, &b.Low, &b.Close, &b.Volume, &turnover, &b.BuyVolume,
		&b.Trades, &b.FirstSeq, &b.LastSeq, &b.Revision, &state, &b.Dirty, &b.BarSeq, &b.ClockUs, &b.OpenTimeNs, &b.CloseTimeNs)
	if err != nil {
		return nil, err
	}
	if b.Turnover, err = parseDigits(turnover); err != nil {
		return nil, err
	}
	resolutionValue, err := resolutions.value(resolution)
	if err != nil {
		return nil, err
	}
	stateValue, err := barStates.value(state)
	b.Resolution, b.State = outcryv1.Resolution(resolutionValue), outcryv1.BarState(stateValue)
	return b, err
}

const blockColumns = "instrument, first_seq, last_seq, day, ticks, first_time_ns, last_time_ns, clock_us, data"

// Blocks whose last_seq > after, ascending. Blocks of an instrument do not
// overlap, so the search starts at the newest one that begins at or before after.
func (s *Store) Blocks(ctx context.Context, instrument string, after uint64, limit int) ([]*outcryv1.TickBlock, error) {
	return collect(ctx, s, scanBlock, "SELECT "+blockColumns+` FROM tick_blocks WHERE instrument = ?1 AND last_seq > ?2
		AND first_seq >= coalesce((SELECT max(first_seq) FROM tick_blocks WHERE instrument = ?1 AND first_seq <= ?2), 0)
		ORDER BY first_seq LIMIT ?3`, instrument, int64(after), atMost(limit))
}

func blockArgs(b *outcryv1.TickBlock, packed []byte, args []any) []any {
	return append(args, b.Instrument, int64(b.FirstSeq), int64(b.LastSeq), b.Day, b.Ticks, b.FirstTimeNs, b.LastTimeNs, b.ClockUs, packed)
}

func scanBlock(rows *sql.Rows) (*outcryv1.TickBlock, error) {
	b := &outcryv1.TickBlock{}
	var packed []byte
	err := rows.Scan(&b.Instrument, &b.FirstSeq, &b.LastSeq, &b.Day, &b.Ticks, &b.FirstTimeNs, &b.LastTimeNs, &b.ClockUs, &packed)
	if err != nil {
		return nil, err
	}
	if b.Data, err = tickpack.Unpack(packed); err != nil {
		return nil, fmt.Errorf("reading tick block %d of %s: %w: %w", b.FirstSeq, b.Instrument, ErrDamaged, err)
	}
	return b, nil
}
