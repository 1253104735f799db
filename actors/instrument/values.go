package instrument

import (
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Resolutions that the fold keeps; larger ones are merged from Minute on read (Merge).
const (
	Second      = 0
	Minute      = 1
	Resolutions = 2
)

// Bar is one bar of one resolution; fields as outcryv1.Bar.
type Bar struct {
	Time                      int64 // open time, seconds since 1970 UTC
	Open, High, Low, Close    int64
	Volume, BuyVolume         int64
	Turnover                  Int128
	Trades, FirstSeq, LastSeq uint64
	BarSeq                    uint64
	ClockUs                   int64
	OpenTimeNs, CloseTimeNs   int64
	Revision                  uint32
	State                     outcryv1.BarState
	Dirty                     bool
}

// Quote is the newest quote; prices and sizes are mantissas, Absent as in events.Tick.
type Quote struct {
	SourceSeq              uint64
	EventTime, ReceiveTime int64
	BidPrice, BidSize      int64
	AskPrice, AskSize      int64
	Absent                 uint8
	Venue, Conditions      string
}

// Trade is one trade.
type Trade struct {
	SourceSeq              uint64
	EventTime, ReceiveTime int64
	Price, Size            int64
	Side                   uint8
	TradeID                string
	Venue, Conditions      string
}

// Stats of the current session; fields as outcryv1.SessionStats. Open and
// Last go by event time as a bar's do, so that they equal the day's bar.
type Stats struct {
	Session               int64
	Open, High, Low, Last int64
	Volume, BuyVolume     int64
	Turnover              Int128
	Trades, Quotes        uint64
	PreviousClose         int64
}

// Definition is the accepted definition; fields as outcryv1.Definition.
type Definition struct {
	PriceExponent, SizeExponent     int32
	TickSize, SizeStep              int64
	Currency, Calendar, Description string
}

// View is the newest state as people look at it: a plain value without
// pointers into the state, cheap to copy. Presence is said by Defined, HasQuote,
// HasTrade, HasBar and a State other than unspecified.
type View struct {
	Instrument string
	Seq        uint64
	ClockUs    int64
	// IngestTime of the newest record that changed something, ns.
	IngestTime                  int64
	Defined, HasQuote, HasTrade bool
	Definition                  Definition
	Quote                       Quote
	// Trade is the newest by arrival.
	Trade        Trade
	Stats        Stats
	Status       outcryv1.TradingState
	StatusReason string
	// Cancels counts corrections too. Gaps counts the source sequences that
	// were skipped; one that comes late is not taken off again.
	Cancels, Duplicates, Late, Gaps uint64
	// Bars[Second], Bars[Minute]: the newest bar of each resolution, forming or closed.
	Bars   [Resolutions]Bar
	HasBar [Resolutions]bool
	// Versions that count the changes of each channel, so that a relay can
	// tell what changed: a version is the Seq of the change. QuoteSeq rises with
	// quotes, trades, status and definition, StatsSeq with what the session
	// counts, BarChange with the newest bar's trades (a bar that closes by
	// time gets no Seq: that is told by Facts.Closed).
	QuoteSeq, StatsSeq uint64
	BarChange          [Resolutions]uint64
}

// Block is a finished tick block; Data is not used by the state any more.
type Block struct {
	Day               int32 // UTC day of the first tick, days since 1970
	FirstSeq, LastSeq uint64
	Ticks             uint32
	// The lowest and the highest event time in it.
	FirstTimeNs, LastTimeNs int64
	ClockUs                 int64
	Data                    []byte
}

// BlockTick is one tick read back from a block.
type BlockTick struct {
	Seq uint64
	// Tick's Venue and Conditions are 1 + the place of the word among the
	// block's words; Ref is 0.
	Tick events.Tick
	// Words of Tick.Venue, Tick.Conditions and the trade id in text.
	Venue, Conditions, TradeID string
	// Event of an EventTick, else nil.
	Event *outcryv1.TapeEvent
}
