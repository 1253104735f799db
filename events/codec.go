package events

import "math"

// The wire format is protobuf's outcry.v1.Batch, version 1. Top level, groups
// and tick columns are written and read by hand, what is rare (TapeEvent,
// RoomGroup) by the generated code. Three rules are added to the schema's:
//
//   - source_seq is written even where it is zero in every row. Any other column
//     that says nothing is left out.
//   - receive_lag_ns is left out only where no row has a receive time,
//     because leaving it out means that.
//   - Rows that no column holds are refused: a run of a few bytes could
//     otherwise claim a billion of them.
const (
	fieldVersion     = 1
	fieldSource      = 2
	fieldEpoch       = 3
	fieldMode        = 4
	fieldIngestTime  = 5
	fieldTrace       = 6
	fieldDictionary  = 7
	fieldInstruments = 8
	fieldRooms       = 9
	fieldClock       = 10
)

// Fields of an InstrumentGroup.
const (
	fieldInstrument = 1
	fieldRuns       = 2
	fieldQuotes     = 3
	fieldTrades     = 4
	fieldEvents     = 5
)

// Fields of a RoomGroup.
const (
	fieldRoom   = 1
	fieldInputs = 2
)

// The columns, by field number - 1.
const (
	columnSourceSeq  = 0
	columnEventTime  = 1
	columnReceiveLag = 2
	columnPrice      = 3 // of quotes: the bid's
	columnSize       = 4
	columnSpread     = 5 // quotes
	columnAskSize    = 6
	columnAbsent     = 7
	columnSide       = 5 // trades
	columnTradeID    = 6
	columnTradeRef   = 7
	columnVenue      = 8
	columnConditions = 9

	columnCount = 10
)

const version = 1

// column is the name of a column and the highest value that it may have; 0 is any.
type column struct {
	name  string
	limit uint64
}

const absentAll = NoBidPrice | NoBidSize | NoAskPrice | NoAskSize

var (
	quoteColumns = [columnCount]column{{name: "source_seq"}, {name: "event_time_ns"}, {name: "receive_lag_ns"},
		{name: "bid_price"}, {name: "bid_size"}, {name: "spread"}, {name: "ask_size"}, {"absent", absentAll},
		{"venue", math.MaxUint16}, {"conditions", math.MaxUint16}}
	tradeColumns = [columnCount]column{{name: "source_seq"}, {name: "event_time_ns"}, {name: "receive_lag_ns"},
		{name: "price"}, {name: "size"}, {"side", math.MaxUint8}, {name: "trade_id"}, {name: "trade_ref"},
		{"venue", math.MaxUint16}, {"conditions", math.MaxUint16}}
)
