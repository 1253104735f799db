package instrument

import (
	"encoding/binary"
	"strings"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Kinds of events in a tick block.
const (
	eventDefinition = 1
	eventCancel     = 2
	eventCorrection = 3
	eventStatus     = 4
)

// onEvent decides on what is neither a quote nor a trade. An event without a
// time of its own happened when it was ingested.
func (f *folding) onEvent(e *outcryv1.TapeEvent) *fault {
	at := e.EventTimeNs
	if at == 0 {
		at = f.now
	}
	if why := f.faultOfTime("event time", at); why != nil {
		return why
	}
	if d := e.GetDefinition(); d != nil {
		return f.onDefinition(e, at, d)
	}
	if !f.defined {
		return errUndefined
	}
	switch v := e.Event.(type) {
	case *outcryv1.TapeEvent_Cancel:
		return f.onCancel(e, at, v.Cancel)
	case *outcryv1.TapeEvent_Correction:
		return f.onCorrection(e, at, v.Correction)
	case *outcryv1.TapeEvent_Status:
		return f.onStatus(e, at, v.Status)
	}
	return invalid("the event says nothing")
}

// accept writes the head of an accepted event; what is appended to the
// turn's bytes next is its rest. False: it is not new.
func (f *folding) accept(e *outcryv1.TapeEvent, at int64, kind uint64) bool {
	if !f.tally(f.verdict(events.EventTick, e.SourceSeq)) {
		return false
	}
	f.next(at)
	f.out.turn.bytes = f.block.event(f.out.turn.bytes, &events.Tick{Kind: events.EventTick, SourceSeq: e.SourceSeq, EventTime: at, ReceiveTime: e.ReceiveTimeNs}, kind)
	return true
}

func (f *folding) onDefinition(e *outcryv1.TapeEvent, at int64, d *outcryv1.Definition) *fault {
	def := Definition{PriceExponent: d.PriceExponent, SizeExponent: d.SizeExponent, TickSize: d.TickSize, SizeStep: d.SizeStep,
		Currency: d.Currency, Calendar: d.Calendar, Description: d.Description}
	if def.Calendar == "" {
		def.Calendar = calendar
	}
	if why := f.faultOfDefinition(&def); why != nil {
		return why
	}
	if f.defined && def == f.definition { // said again, whatever its sequence
		v := f.verdict(events.EventTick, e.SourceSeq)
		if v == events.New {
			v = events.Duplicate
		}
		f.tally(v)
		return nil
	}
	if !f.accept(e, at, eventDefinition) {
		return nil
	}
	def.Currency, def.Calendar, def.Description = strings.Clone(def.Currency), calendar, strings.Clone(def.Description)
	f.defined, f.definition, f.quoteChange = true, def, f.seq
	f.out.turn.bytes = def.append(f.out.turn.bytes)
	return nil
}

// append writes the definition as in blocks and snapshots.
func (d *Definition) append(dst []byte) []byte {
	dst = appendSigned(dst, int64(d.PriceExponent), int64(d.SizeExponent), d.TickSize, d.SizeStep)
	for _, s := range [...]string{d.Currency, d.Calendar, d.Description} {
		dst = appendText(dst, s)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func (f *folding) onCancel(e *outcryv1.TapeEvent, at int64, c *outcryv1.TradeCancel) *fault {
	if why := f.faultOfReference(c.GetTradeId(), c.GetTradeTimeNs()); why != nil {
		return why
	}
	if f.accept(e, at, eventCancel) {
		f.out.turn.bytes = appendSigned(appendText(f.out.turn.bytes, c.TradeId), c.TradeTimeNs)
		f.takeBack(c.TradeTimeNs)
	}
	return nil
}

func (f *folding) onCorrection(e *outcryv1.TapeEvent, at int64, c *outcryv1.TradeCorrection) *fault {
	if why := f.faultOfReference(c.GetTradeId(), c.GetTradeTimeNs()); why != nil {
		return why
	}
	if c.Size <= 0 {
		return invalid("the corrected size %d is not above zero", c.Size)
	}
	if f.accept(e, at, eventCorrection) {
		f.out.turn.bytes = appendSigned(appendText(f.out.turn.bytes, c.TradeId), c.TradeTimeNs, c.Price, c.Size)
		f.takeBack(c.TradeTimeNs)
	}
	return nil
}

// takeBack marks the bars of a trade that is not as it was told. The state
// keeps no trades, so the bars can't be computed anew here.
func (f *folding) takeBack(at int64) {
	f.counts.cancels++
	for r := range f.rings {
		f.soil(r, at)
	}
}

func (f *folding) onStatus(e *outcryv1.TapeEvent, at int64, st *outcryv1.TradingStatus) *fault {
	switch n := len(st.GetReason()); {
	case st.GetState() < outcryv1.TradingState_TRADING_STATE_TRADING || st.GetState() > outcryv1.TradingState_TRADING_STATE_CLOSED:
		return invalid("the trading state %d is unknown", st.GetState())
	case n > textMax:
		return invalid("the reason has %d bytes, at most %d are allowed", n, textMax)
	}
	if f.accept(e, at, eventStatus) {
		f.out.turn.bytes = appendText(appendSigned(f.out.turn.bytes, int64(st.State)), st.Reason)
		f.status, f.reason, f.quoteChange = st.State, strings.Clone(st.Reason), f.seq
	}
	return nil
}
