package events

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// What a Decoder keeps from one record to the next.
const (
	internedMax = 1 << 16 // strings of at most maxID bytes; when full it starts anew
	keptRowsMax = 1 << 16 // slabs that one record made larger are dropped
)

var errText = errors.New("a text is not valid UTF-8")

// Decoder reads records. It interns ids and recycles its slabs, so that
// decoding allocates nothing in the long run. Not for many goroutines.
type Decoder struct {
	batch    Batch
	interned map[string]string
	group    groupReader

	// Of the whole record; the groups get their shares at the end, when they
	// have stopped growing.
	ticks   []Tick
	events  []*outcryv1.TapeEvent
	text    []byte // of all refs
	textEnd []int  // where each ref ends in text
	refs    []string
	shares  []share
	word    uint64 // highest use of the dictionary
}

// share says where a group's inputs end in the slabs of the record.
type share struct{ ticks, events, refs int }

// Decode gives the batch of one record. It is valid until the next Decode.
// Garbage gives an error, never a panic, with memory bounded by the payload's length.
func (d *Decoder) Decode(payload []byte) (*Batch, error) {
	d.reset()
	var f field
	var v uint32
	for rest := payload; len(rest) > 0; {
		var err error
		if rest, err = f.next(rest); err == nil {
			err = d.field(&f, &v)
		}
		if err != nil {
			return nil, fmt.Errorf("decoding a batch: %w", err)
		}
	}
	if v != version {
		return nil, fmt.Errorf("decoding a batch: its format is version %d, known is %d", v, version)
	}
	if d.word > uint64(len(d.batch.Dictionary)) {
		return nil, fmt.Errorf("decoding a batch: word %d of a dictionary of %d", d.word, len(d.batch.Dictionary))
	}
	d.hand()
	return &d.batch, nil
}

func (d *Decoder) reset() {
	if cap(d.ticks) > keptRowsMax || d.group.rowsMax() > keptRowsMax {
		*d = Decoder{interned: d.interned}
	}
	if d.interned == nil || len(d.interned) >= internedMax {
		d.interned = make(map[string]string)
	}
	b := &d.batch
	clear(b.Instruments)
	clear(b.Rooms)
	clear(d.events)
	clear(d.refs)
	*b = Batch{Dictionary: b.Dictionary[:0], Instruments: b.Instruments[:0], Rooms: b.Rooms[:0]}
	d.ticks, d.events, d.refs = d.ticks[:0], d.events[:0], d.refs[:0]
	d.text, d.textEnd, d.shares, d.word = d.text[:0], d.textEnd[:0], d.shares[:0], 0
}

// field takes one field of the batch. A known field of another wire type is
// an unknown field, as for the generated code.
func (d *Decoder) field(f *field, v *uint32) (err error) {
	b := &d.batch
	switch {
	case f.typ == protowire.VarintType && f.number == fieldVersion:
		*v = uint32(f.value)
	case f.typ == protowire.VarintType && f.number == fieldMode:
		b.Mode = outcryv1.Mode(f.value)
	case f.typ == protowire.VarintType && f.number == fieldIngestTime:
		b.IngestTime = int64(f.value)
	case f.typ != protowire.BytesType:
	case f.number == fieldSource:
		b.Source, err = d.string(f.data)
	case f.number == fieldEpoch:
		b.Epoch, err = d.string(f.data)
	case f.number == fieldTrace:
		if !utf8.Valid(f.data) {
			return errText
		}
		b.Trace = string(f.data) // another one in every record
	case f.number == fieldDictionary:
		var w string
		w, err = d.string(f.data)
		b.Dictionary = append(b.Dictionary, w)
	case f.number == fieldInstruments:
		err = d.instrument(f.data)
	case f.number == fieldRooms:
		err = d.room(f.data)
	case f.number == fieldClock:
		b.Clock = true
		for rest := f.data; err == nil && len(rest) > 0; {
			rest, err = f.next(rest)
		}
	}
	return err
}

// string gives a string of its own for data, interned where it is short.
func (d *Decoder) string(data []byte) (string, error) {
	if s, ok := d.interned[string(data)]; ok {
		return s, nil
	}
	if !utf8.Valid(data) {
		return "", errText
	}
	s := string(data)
	if len(s) <= maxID && len(d.interned) < internedMax {
		d.interned[s] = s
	}
	return s, nil
}

func (d *Decoder) room(data []byte) error {
	g := new(outcryv1.RoomGroup)
	if err := proto.Unmarshal(data, g); err != nil {
		return fmt.Errorf("room group: %w", err)
	}
	if err := ValidID(g.Room); err != nil {
		return fmt.Errorf("room group: %w", err)
	}
	d.batch.Rooms = append(d.batch.Rooms, g)
	return nil
}

func (d *Decoder) instrument(data []byte) error {
	r := &d.group
	defer r.release()
	if err := d.instrumentGroup(r, data); err != nil {
		return fmt.Errorf("group of instrument %q: %w", r.id[:min(len(r.id), maxID)], err)
	}
	return nil
}

func (d *Decoder) instrumentGroup(r *groupReader, data []byte) error {
	if err := r.read(data); err != nil {
		return err
	}
	id, err := d.string(r.id)
	if err != nil {
		return err
	}
	if err := ValidID(id); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	d.rows(r)
	d.batch.Instruments = append(d.batch.Instruments, Group{Instrument: id})
	d.shares = append(d.shares, share{len(d.ticks), len(d.events), len(d.textEnd)})
	return nil
}

// rows appends the group's inputs to the slabs, in the order of its runs.
func (d *Decoder) rows(r *groupReader) {
	n := len(d.ticks)
	d.ticks = slices.Grow(d.ticks, int(r.rows[QuoteTick]+r.rows[TradeTick]+r.rows[EventTick]))
	d.word = max(d.word, r.quotes.word, r.trades.word)
	events := 0
	for _, run := range r.runs {
		m := n + int(run>>2)
		d.ticks = d.ticks[:m]
		switch part := d.ticks[n:m]; TickKind(run & 3) {
		case QuoteTick:
			r.quotes.quotes(part)
		case TradeTick:
			r.trades.trades(part)
			d.tradeRefs(r, part)
		case EventTick:
			for i := range part {
				ev := r.events[events]
				part[i] = Tick{Kind: EventTick, Ref: uint32(events),
					SourceSeq: ev.SourceSeq, EventTime: ev.EventTimeNs, ReceiveTime: ev.ReceiveTimeNs}
				events++
			}
		}
		n = m
	}
	d.events = append(d.events, r.events...)
}

// tradeRefs gives the rows of a run of trades their ids that are not numeric.
func (d *Decoder) tradeRefs(r *groupReader, part []Tick) {
	if len(r.refs) == 0 {
		return
	}
	first := 0
	if last := len(d.shares) - 1; last >= 0 {
		first = d.shares[last].refs
	}
	for i, ref := range r.refs[r.trades.done-len(part) : r.trades.done] {
		if len(ref) == 0 {
			continue
		}
		d.text = append(d.text, ref...)
		d.textEnd = append(d.textEnd, len(d.text))
		part[i].Ref = uint32(len(d.textEnd) - first)
	}
}

// hand gives the groups their shares. All refs are pieces of one string, the
// one allocation of a record that has any.
func (d *Decoder) hand() {
	text, start := string(d.text), 0
	for _, end := range d.textEnd {
		d.refs = append(d.refs, text[start:end])
		start = end
	}
	var from share
	for i, to := range d.shares {
		g := &d.batch.Instruments[i]
		g.Ticks = d.ticks[from.ticks:to.ticks:to.ticks]
		g.Events = d.events[from.events:to.events:to.events]
		g.Refs = d.refs[from.refs:to.refs:to.refs]
		from = to
	}
}
