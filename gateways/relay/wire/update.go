package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"outcry/actors/instrument"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Slot is one latest-wins channel of an instrument.
type Slot uint8

// The slots. Bars are the newest of their resolution.
const (
	Quote Slot = iota
	Stats
	BarSecond
	BarMinute
	// Slots counts them.
	Slots = 4
)

// resolution of a bar's slot.
func (s Slot) resolution() int { return int(s - BarSecond) }

// Staleness of an instrument; zero is live. Since is ns since 1970 UTC.
type Staleness struct {
	Since  int64
	Reason outcryv1.StaleReason
}

// Update is one version of one slot. A snapshot has the definition too.
type Update struct {
	Slot     Slot
	Snapshot bool
	Stale    Staleness
	View     *instrument.View
}

// seq is the instrument's event that changed the slot last. Every event is one of the quote's slot.
func (u *Update) seq() uint64 {
	switch u.Slot {
	case Quote:
		return u.View.Seq
	case Stats:
		return u.View.StatsSeq
	default:
		return u.View.BarChange[u.Slot.resolution()]
	}
}

// UpdateBody appends what all sessions share of a version's frame.
func (e Encoding) UpdateBody(dst []byte, u *Update) []byte {
	if e == JSON {
		begin := len(dst)
		dst = appendJSON(dst, u.message())
		return append(dst[:begin], dst[begin+1:len(dst)-1]...) // the braces are Update's
	}
	return u.append(dst)
}

// Update appends the frame of a body and a MergedPart, which may be empty.
func (e Encoding) Update(dst, body, merged []byte) []byte {
	if e == JSON {
		if len(body) == 0 && len(merged) > 0 {
			merged = merged[1:] // the comma
		}
		dst = append(append(append(dst, `{"update":{`...), body...), merged...)
		return append(dst, `}},`...)
	}
	n := len(body) + len(merged)
	dst = protowire.AppendTag(dst, framesField, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(updateField)+protowire.SizeBytes(n)))
	dst = protowire.AppendTag(dst, updateField, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(n))
	return append(append(dst, body...), merged...)
}

// message is the update as the generated code has it.
func (u *Update) message() *outcryv1.Update {
	v := u.View
	m := &outcryv1.Update{Instrument: v.Instrument, Seq: u.seq(), Snapshot: u.Snapshot}
	if u.Stale.Reason != 0 {
		m.Stale = &outcryv1.Staleness{SinceNs: u.Stale.Since, Reason: u.Stale.Reason}
	}
	switch {
	case u.Slot == Quote:
		m.Version = &outcryv1.Update_Quote{Quote: u.latest()}
	case u.Slot == Stats && (v.HasQuote || v.HasTrade):
		m.Version = &outcryv1.Update_Stats{Stats: v.Stats.Proto()}
	case u.Slot >= BarSecond && v.HasBar[u.Slot.resolution()]:
		r := u.Slot.resolution()
		m.Version = &outcryv1.Update_Bar{Bar: v.Bars[r].Proto(v.Instrument, r)}
	}
	return m
}

// latest is what an update says of Latest: not what stands beside it already.
func (u *Update) latest() *outcryv1.Latest {
	all := u.View.Latest()
	l := &outcryv1.Latest{ClockUs: all.ClockUs, Quote: all.Quote, Trade: all.Trade, Status: all.Status}
	if u.Snapshot {
		l.Definition = all.Definition
	}
	return l
}

// append writes the fields of message.
func (u *Update) append(dst []byte) []byte {
	v := u.View
	dst = putString(dst, 1, v.Instrument)
	dst = putUint(dst, 2, u.seq())
	dst = putBool(dst, 3, u.Snapshot)
	if u.Stale.Reason != 0 {
		var at int
		dst, at = open(dst, 4)
		dst = seal(putUint(putInt(dst, 1, u.Stale.Since), 2, uint64(u.Stale.Reason)), at)
	}
	switch {
	case u.Slot == Quote:
		dst, at := open(dst, 5)
		return seal(u.putLatest(dst), at)
	case u.Slot == Stats && (v.HasQuote || v.HasTrade):
		dst, at := open(dst, 6)
		return seal(putStats(dst, &v.Stats), at)
	case u.Slot >= BarSecond && v.HasBar[u.Slot.resolution()]:
		dst, at := open(dst, 7)
		return seal(putBar(dst, v.Instrument, u.Slot.resolution(), &v.Bars[u.Slot.resolution()]), at)
	}
	return dst
}

func (u *Update) putLatest(dst []byte) []byte {
	v := u.View
	var at int
	dst = putInt(dst, 3, v.ClockUs)
	if u.Snapshot && v.Defined {
		dst = appendMessage(dst, 4, v.Definition.Proto())
	}
	if v.HasQuote {
		dst, at = open(dst, 5)
		dst = seal(putQuote(dst, &v.Quote), at)
	}
	if v.HasTrade {
		dst, at = open(dst, 6)
		dst = seal(putTrade(dst, &v.Trade), at)
	}
	if v.Status != 0 {
		dst, at = open(dst, 8)
		dst = seal(putString(putUint(dst, 1, uint64(v.Status)), 2, v.StatusReason), at)
	}
	return dst
}

func putQuote(dst []byte, q *instrument.Quote) []byte {
	dst = putUint(dst, 1, q.SourceSeq)
	dst = putInt(dst, 2, q.EventTime)
	dst = putInt(dst, 3, q.ReceiveTime)
	if q.Absent&events.NoBidPrice == 0 {
		dst = putPresent(dst, 4, q.BidPrice)
	}
	if q.Absent&events.NoBidSize == 0 {
		dst = putPresent(dst, 5, q.BidSize)
	}
	if q.Absent&events.NoAskPrice == 0 {
		dst = putPresent(dst, 6, q.AskPrice)
	}
	if q.Absent&events.NoAskSize == 0 {
		dst = putPresent(dst, 7, q.AskSize)
	}
	return putString(putString(dst, 8, q.Venue), 9, q.Conditions)
}

func putTrade(dst []byte, t *instrument.Trade) []byte {
	dst = putUint(dst, 1, t.SourceSeq)
	dst = putInt(dst, 2, t.EventTime)
	dst = putInt(dst, 3, t.ReceiveTime)
	dst = putSint(dst, 4, t.Price)
	dst = putSint(dst, 5, t.Size)
	dst = putUint(dst, 6, uint64(t.Side))
	dst = putString(dst, 7, t.TradeID)
	return putString(putString(dst, 8, t.Venue), 9, t.Conditions)
}
