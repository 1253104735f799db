package sqlite

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// A transaction as the row writer makes it under load.
const rowsTogether = 1000

func benchmark(b *testing.B, rows func(n int) *projections.Rows) {
	s := opened(b, filepath.Join(b.TempDir(), "rows.db"), Config{})
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		r := rows(total)
		total += r.Len()
		if err := s.Write(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(total), "µs/row")
}

func ids() []string {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = "VENUE:SYMBOL" + string(rune('A'+i%26)) + string(rune('A'+i/26%26)) + string(rune('A'+i/676))
	}
	return names
}

func BenchmarkLatest(b *testing.B) {
	names, bid := ids(), int64(123456789)
	benchmark(b, func(n int) *projections.Rows {
		rows := &projections.Rows{}
		for i := range rowsTogether {
			rows.Latest = append(rows.Latest, &outcryv1.Latest{
				Instrument: names[(n+i)*7%len(names)], Seq: uint64(n + i), ClockUs: int64(n + i),
				Definition: &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, Currency: "USDT", Calendar: "24x7"},
				Quote:      &outcryv1.Quote{BidPrice: &bid, BidSize: &bid, AskPrice: &bid, AskSize: &bid, EventTimeNs: int64(n), Venue: "X"},
				Trade:      &outcryv1.Trade{Price: bid, Size: bid, EventTimeNs: int64(n), TradeId: "123456789"},
				Stats:      &outcryv1.SessionStats{Open: bid, High: bid, Low: bid, Last: bid, Volume: bid, Turnover: &outcryv1.Int128{Lo: uint64(bid)}, Trades: 5, Quotes: 6},
			})
		}
		return rows
	})
}

// One second of a busy market in each transaction: 3,000 of 10,000 instruments
// close a bar of 1s, form the next one and the one of 1m.
func BenchmarkBars(b *testing.B) {
	names, second := ids(), int64(1_700_000_000)
	random := rand.New(rand.NewPCG(1, 2))
	bar := func(id string, r outcryv1.Resolution, at int64, state outcryv1.BarState) *outcryv1.Bar {
		seq := uint64(0)
		if state == outcryv1.BarState_BAR_STATE_CLOSED {
			seq = uint64(at)
		}
		return &outcryv1.Bar{Instrument: id, Resolution: r, Time: at, Open: 6_000_000_000_000, High: 6_000_000_000_000, Low: 6_000_000_000_000,
			Close: 6_000_000_000_000, Volume: 100_000_000, Turnover: &outcryv1.Int128{Hi: 3, Lo: 77}, BuyVolume: 50_000_000, Trades: 5,
			FirstSeq: 100_000, LastSeq: 200_000, State: state, BarSeq: seq, ClockUs: second, OpenTimeNs: second * 1e9, CloseTimeNs: second * 1e9}
	}
	benchmark(b, func(int) *projections.Rows {
		rows := &projections.Rows{}
		second++
		for range 3000 {
			id := names[random.IntN(len(names))]
			rows.Bars = append(rows.Bars,
				bar(id, outcryv1.Resolution_RESOLUTION_1S, second-1, outcryv1.BarState_BAR_STATE_CLOSED),
				bar(id, outcryv1.Resolution_RESOLUTION_1S, second, outcryv1.BarState_BAR_STATE_FORMING),
				bar(id, outcryv1.Resolution_RESOLUTION_1M, second-second%60, outcryv1.BarState_BAR_STATE_FORMING))
		}
		return rows
	})
}

// busyBlock is a block of 1,000 quotes (docs/formats/tick_blocks.md): in each the
// time and a size are hard to compress.
func busyBlock() []byte {
	data := []byte{1}
	for i := range 1000 {
		time, size := 1<<20+rand.Uint32N(1<<20), 1<<18+rand.Uint32N(1<<18)
		marks := byte(0)
		if i == 0 {
			marks = 4
		}
		data = append(data, marks|1<<4, 3, 3<<4, 3<<4|1) // a nibble for each field, after that of the kind
		if i == 0 {
			data = append(data, 0x10, 0, 0) // no receive time
		}
		data = append(data, 2, byte(time), byte(time>>8), byte(time>>16)) // the sequence is one more
		data = append(data, byte(size), byte(size>>8), byte(size>>16), 2, 7, 7, 7)
	}
	return data
}

// Blocks of 1,000 ticks.
func BenchmarkBlocks(b *testing.B) {
	names, data := ids(), busyBlock()
	benchmark(b, func(n int) *projections.Rows {
		rows := &projections.Rows{}
		for i := range 100 {
			rows.Blocks = append(rows.Blocks, &outcryv1.TickBlock{Instrument: names[(n+i)%len(names)], FirstSeq: uint64(n+i) * 1000,
				LastSeq: uint64(n+i)*1000 + 999, Ticks: 1000, Data: data})
		}
		return rows
	})
}

func BenchmarkMessages(b *testing.B) {
	benchmark(b, func(n int) *projections.Rows {
		rows := &projections.Rows{}
		for i := range rowsTogether {
			seq := uint64(n + i + 1)
			rows.Messages = append(rows.Messages, &outcryv1.Message{Room: "room", Seq: seq, ChangeSeq: seq, Kind: outcryv1.MessageKind_MESSAGE_KIND_POST,
				User: "ann", Text: &outcryv1.Text{Data: []byte("a line of talk as people write them, fifty letters")}, ClientMsgId: make([]byte, 16)})
		}
		return rows
	})
}
