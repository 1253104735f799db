package instrument

import (
	"fmt"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Bounds of inputs.
const (
	day     = 86_400_000_000_000        // ns
	timeMax = 9_000_000_000_000_000_000 // ns, the year 2255: sums with intervals stay in int64
	wordMax = 128                       // bytes of a venue, a condition, a trade id, a currency
	textMax = 1024                      // bytes of a reason or a description

	exponentMin, exponentMax = -18, 9
	calendar                 = "24x7" // UTC days
)

var errUndefined = &fault{outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT, "the instrument is not defined yet"}

// dayOf an event time that was checked.
func dayOf(ns int64) int32 { return int32(ns / day) }

// faultOfTick checks what quotes and trades share.
func (f *folding) faultOfTick(t *events.Tick) *fault {
	if !f.defined {
		return errUndefined
	}
	if why := f.faultOfTime("event time", t.EventTime); why != nil {
		return why
	}
	if t.Venue|t.Conditions != 0 {
		if n := len(f.word(t.Venue)); n > wordMax {
			return invalid("the venue has %d bytes, at most %d are allowed", n, wordMax)
		}
		if n := len(f.word(t.Conditions)); n > wordMax {
			return invalid("the conditions have %d bytes, at most %d are allowed", n, wordMax)
		}
	}
	return nil
}

func (f *folding) faultOfTime(what string, ns int64) *fault {
	switch {
	case ns <= 0:
		return invalid("the %s %d ns is not after 1970", what, ns)
	case ns-day > f.now:
		return invalid("the %s %d ns is more than a day after the ingest time %d ns", what, ns, f.now)
	case ns > timeMax:
		return invalid("the %s %d ns is after the year 2255", what, ns)
	}
	return nil
}

func (f *folding) faultOfQuote(t *events.Tick) *fault {
	if why := f.faultOfTick(t); why != nil {
		return why
	}
	if a := t.Absent; a != 0 {
		switch {
		case a > noBid|noAsk:
			return invalid("the absent bits %#x are unknown", a)
		case a&events.NoBidPrice != 0 && a&events.NoAskPrice != 0:
			return invalid("the quote has neither a bid nor an ask price")
		case a&noBid == events.NoBidPrice:
			return invalid("the quote has a bid size without a bid price")
		case a&noAsk == events.NoAskPrice:
			return invalid("the quote has an ask size without an ask price")
		}
	}
	if t.Size < 0 && t.Absent&events.NoBidSize == 0 {
		return invalid("the bid size %d is negative", t.Size)
	}
	if t.AskSize < 0 && t.Absent&events.NoAskSize == 0 {
		return invalid("the ask size %d is negative", t.AskSize)
	}
	return nil
}

func (f *folding) faultOfTrade(t *events.Tick, ref string) *fault {
	if why := f.faultOfTick(t); why != nil {
		return why
	}
	switch {
	case t.Size <= 0:
		return invalid("the size %d of the trade is not above zero", t.Size)
	case t.Side > uint8(outcryv1.Side_SIDE_SELL):
		return invalid("the side %d is unknown", t.Side)
	case len(ref) > wordMax:
		return invalid("the trade id has %d bytes, at most %d are allowed", len(ref), wordMax)
	case !f.session.holds(t.EventTime, t.Size):
		return invalid("the size %d takes the session's volume beyond 64 bits", t.Size)
	}
	for r := range f.rings {
		if !f.rings[r].holds(startOf(r, t.EventTime), t.Size) {
			return invalid("the size %d takes the bar's volume beyond 64 bits", t.Size)
		}
	}
	return nil
}

func (f *folding) faultOfDefinition(d *Definition) *fault {
	for _, e := range [...]int32{d.PriceExponent, d.SizeExponent} {
		if e < exponentMin || e > exponentMax {
			return invalid("the exponent %d is not between %d and %d", e, exponentMin, exponentMax)
		}
	}
	switch {
	case d.Calendar != calendar:
		return invalid("the calendar %.40q is unknown; there is %q", d.Calendar, calendar)
	case d.TickSize < 0 || d.SizeStep < 0:
		return invalid("the tick size %d or the size step %d is negative", d.TickSize, d.SizeStep)
	case len(d.Currency) > wordMax || len(d.Description) > textMax:
		return invalid("the currency has more than %d bytes or the description more than %d", wordMax, textMax)
	case f.defined && (d.PriceExponent != f.definition.PriceExponent || d.SizeExponent != f.definition.SizeExponent):
		return &fault{outcryv1.ErrorCode_ERROR_CODE_DEFINITION_CONFLICT, fmt.Sprintf(
			"the exponents %d and %d (price, size) are not those accepted before, %d and %d",
			d.PriceExponent, d.SizeExponent, f.definition.PriceExponent, f.definition.SizeExponent)}
	}
	return nil
}

// faultOfReference checks what a cancel or a correction says of its trade.
func (f *folding) faultOfReference(id string, at int64) *fault {
	if len(id) > wordMax {
		return invalid("the trade id has %d bytes, at most %d are allowed", len(id), wordMax)
	}
	return f.faultOfTime("trade time", at)
}
