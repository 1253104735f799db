package events

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// compareWithGenerated decodes data by hand and by generated code; both
// must refuse it, or both find the same in it.
func compareWithGenerated(t *testing.T, d *Decoder, data []byte) {
	t.Helper()
	got, err := d.Decode(data)
	var b outcryv1.Batch
	if gerr := proto.Unmarshal(data, &b); gerr != nil {
		if err == nil {
			t.Fatalf("decoded %x, which generated code refuses: %v", data, gerr)
		}
		return
	}
	want, fault := fromProto(&b)
	switch {
	case fault != "" && err == nil:
		t.Fatalf("decoded %x, though %s", data, fault)
	case fault == "" && err != nil:
		t.Fatalf("refused %x, which is right: %v", data, err)
	case fault == "":
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Fatalf("%x: %s", data, diff)
		}
	}
}

// fromProto is the plain reading of the schema: what the hand-written decoder
// must find. fault says why a batch that generated code reads is refused.
func fromProto(b *outcryv1.Batch) (_ *Batch, fault string) {
	out := &Batch{Header: Header{Source: b.Source, Epoch: b.Epoch, Mode: b.Mode, IngestTime: b.IngestTimeNs, Trace: b.Trace},
		Dictionary: b.Dictionary, Rooms: b.Rooms, Clock: b.Clock != nil}
	if b.Version != 1 {
		return nil, "the version is not 1"
	}
	for _, r := range b.Rooms {
		if ValidID(r.Room) != nil {
			return nil, "a room's id is invalid"
		}
	}
	for _, g := range b.Instruments {
		group, fault := groupFromProto(g, len(b.Dictionary))
		if fault != "" {
			return nil, fault
		}
		out.Instruments = append(out.Instruments, group)
	}
	return out, ""
}

func groupFromProto(g *outcryv1.InstrumentGroup, words int) (out Group, fault string) {
	out = Group{Instrument: g.Instrument, Events: g.Events}
	if ValidID(g.Instrument) != nil {
		return out, "an instrument's id is invalid"
	}
	var rows [3]uint64
	for _, run := range g.Runs {
		if run&3 == 3 {
			return out, "a run's kind is unknown"
		}
		rows[run&3] += uint64(run >> 2)
	}
	quotes, trades := g.GetQuotes(), g.GetTrades()
	if rows[2] != uint64(len(g.Events)) {
		return out, "runs and events differ"
	}
	if f := lengths(rows[0], len(quotes.GetSourceSeq()), len(quotes.GetEventTimeNs()), len(quotes.GetReceiveLagNs()), len(quotes.GetBidPrice()), len(quotes.GetBidSize()),
		len(quotes.GetSpread()), len(quotes.GetAskSize()), len(quotes.GetAbsent()), len(quotes.GetVenue()), len(quotes.GetConditions())); f != "" {
		return out, f
	}
	if f := lengths(rows[1], len(trades.GetSourceSeq()), len(trades.GetEventTimeNs()), len(trades.GetReceiveLagNs()), len(trades.GetPrice()), len(trades.GetSize()),
		len(trades.GetSide()), len(trades.GetTradeId()), len(trades.GetTradeRef()), len(trades.GetVenue()), len(trades.GetConditions())); f != "" {
		return out, f
	}
	var q, tr Tick
	n := [3]int{}
	for _, run := range g.Runs {
		for range run >> 2 {
			i := n[run&3]
			n[run&3]++
			switch run & 3 {
			case 0:
				q = quoteFromProto(q, quotes, i)
				if at(quotes.Absent, i) > 15 || tooHigh(at(quotes.Venue, i), at(quotes.Conditions, i), words) {
					return out, "a quote's value is out of range"
				}
				out.Ticks = append(out.Ticks, q)
			case 1:
				tr = tradeFromProto(tr, trades, i)
				if at(trades.Side, i) > 255 || tooHigh(at(trades.Venue, i), at(trades.Conditions, i), words) {
					return out, "a trade's value is out of range"
				}
				tr.Ref = 0
				if ref := at(trades.TradeRef, i); ref != "" {
					out.Refs = append(out.Refs, ref)
					tr.Ref = uint32(len(out.Refs))
				}
				out.Ticks = append(out.Ticks, tr)
			case 2:
				ev := g.Events[i]
				out.Ticks = append(out.Ticks, Tick{Kind: EventTick, Ref: uint32(i), SourceSeq: ev.SourceSeq, EventTime: ev.EventTimeNs, ReceiveTime: ev.ReceiveTimeNs})
			}
		}
	}
	return out, ""
}

func lengths(rows uint64, lengths ...int) string {
	held := rows == 0
	for _, n := range lengths {
		if n != 0 && uint64(n) != rows {
			return "runs and columns differ"
		}
		held = held || n != 0
	}
	if !held {
		return "no column holds the rows"
	}
	return ""
}

func tooHigh(venue, conditions uint32, words int) bool {
	highest := uint32(min(words, 65535))
	return venue > highest || conditions > highest
}

func at[T any](column []T, i int) (zero T) {
	if i < len(column) {
		return column[i]
	}
	return zero
}

func quoteFromProto(last Tick, c *outcryv1.QuoteColumns, i int) Tick {
	q := Tick{Kind: QuoteTick, SourceSeq: last.SourceSeq + uint64(at(c.SourceSeq, i)), EventTime: last.EventTime + at(c.EventTimeNs, i),
		Price: last.Price + at(c.BidPrice, i), Size: at(c.BidSize, i), AskSize: at(c.AskSize, i),
		Absent: uint8(at(c.Absent, i)), Venue: uint16(at(c.Venue, i)), Conditions: uint16(at(c.Conditions, i))}
	q.AskPrice = q.Price + at(c.Spread, i)
	if len(c.ReceiveLagNs) > 0 {
		q.ReceiveTime = q.EventTime + c.ReceiveLagNs[i]
	}
	return q
}

func tradeFromProto(last Tick, c *outcryv1.TradeColumns, i int) Tick {
	t := Tick{Kind: TradeTick, SourceSeq: last.SourceSeq + uint64(at(c.SourceSeq, i)), EventTime: last.EventTime + at(c.EventTimeNs, i),
		Price: last.Price + at(c.Price, i), Size: at(c.Size, i), Side: uint8(at(c.Side, i)), TradeID: last.TradeID + at(c.TradeId, i),
		Venue: uint16(at(c.Venue, i)), Conditions: uint16(at(c.Conditions, i))}
	if len(c.ReceiveLagNs) > 0 {
		t.ReceiveTime = t.EventTime + c.ReceiveLagNs[i]
	}
	return t
}

// scattered encodes a batch in the least usual way: fields from last to first, groups'
// columns in two pieces and unpacked, numbers padded, unknown fields between.
func scattered(t *testing.T, b *outcryv1.Batch) (data []byte) {
	t.Helper()
	unknown := protowire.AppendTag(nil, 99, protowire.StartGroupType)
	unknown = protowire.AppendTag(unknown, 1, protowire.Fixed32Type)
	unknown = protowire.AppendFixed32(unknown, 7)
	unknown = protowire.AppendTag(unknown, 99, protowire.EndGroupType)
	message := func(number protowire.Number, m []byte) {
		data = append(data, unknown...)
		data = protowire.AppendBytes(protowire.AppendTag(data, number, protowire.BytesType), m)
	}
	marshal := func(m proto.Message) []byte {
		out, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	message(fieldClock, unknown)
	for _, g := range b.Rooms {
		message(fieldRooms, marshal(g))
	}
	for _, g := range b.Instruments {
		message(fieldInstruments, scatteredGroup(marshal(g), unknown))
	}
	for _, w := range b.Dictionary {
		message(fieldDictionary, []byte(w))
	}
	rest := proto.Clone(b).(*outcryv1.Batch)
	rest.Clock, rest.Rooms, rest.Instruments, rest.Dictionary = nil, nil, nil, nil
	data = append(data, fieldVersion<<3, 0x89, 0x80, 0x00) // 9, padded; the last one holds
	return append(data, marshal(rest)...)
}

// scatteredGroup takes a group's columns apart.
func scatteredGroup(group, unknown []byte) (out []byte) {
	out = append(out, unknown...)
	var f field
	for len(group) > 0 {
		rest, err := f.next(group)
		if err != nil {
			panic(err)
		}
		switch f.number {
		case fieldRuns:
			out = append(out, unpacked(fieldRuns, f.data)...)
		case fieldQuotes, fieldTrades:
			for columns := f.data; len(columns) > 0; {
				var c field
				next, err := c.next(columns)
				if err != nil {
					panic(err)
				}
				part := columns[:len(columns)-len(next)] // each column as a message of its own
				if f.number == fieldQuotes || c.number != columnTradeRef+1 {
					part = unpacked(c.number, c.data)
				}
				out = protowire.AppendBytes(protowire.AppendTag(out, f.number, protowire.BytesType), slices.Concat(part, unknown))
				columns = next
			}
		default:
			out = append(out, group[:len(group)-len(rest)]...)
		}
		group = rest
	}
	return out
}

func unpacked(number protowire.Number, data []byte) (out []byte) {
	for len(data) > 0 {
		v, n := protowire.ConsumeVarint(data)
		out = protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), v)
		data = data[n:]
	}
	return out
}
