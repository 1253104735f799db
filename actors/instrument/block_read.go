package instrument

import (
	"encoding/binary"
	"errors"
	"fmt"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// ReadBlock decodes a block's data (docs/formats/tick_blocks.md), calling visit
// for each tick in order; what visit is given is valid until it returns, its
// strings and its Event for as long as one likes. It stops at the first error of visit.
// Garbage gives an error, with memory bounded by the length of data.
func ReadBlock(firstSeq uint64, data []byte, visit func(*BlockTick) error) error {
	r, err := newBlockReader(firstSeq, data)
	if err != nil {
		return err
	}
	for r.more() {
		if err := r.next(); err != nil {
			return fmt.Errorf("reading tick %d of a tick block: %w", r.ticks, err)
		}
		if err := visit(&r.tick); err != nil {
			return err
		}
	}
	return nil
}

var (
	errShort   = errors.New("the data ends inside the tick")
	errControl = errors.New("the control word is not one of this version")
	errMarks   = errors.New("the marks are not of this version or name a word that is not there")
	errCount   = errors.New("there are more than 1,000 ticks")
	errEvent   = errors.New("the event is of an unknown kind")
)

type blockReader struct {
	data  []byte
	words []string
	ticks uint32
	past  past
	tick  BlockTick
}

func newBlockReader(firstSeq uint64, data []byte) (*blockReader, error) {
	if len(data) == 0 || data[0] != blockVersion {
		return nil, errors.New("reading a tick block: it is empty or its version is unknown")
	}
	return &blockReader{data: data[1:], tick: BlockTick{Seq: firstSeq - 1}}, nil
}

func (r *blockReader) more() bool { return len(r.data) > 0 }

func (r *blockReader) next() error {
	if r.ticks == blockTicks {
		return errCount
	}
	r.ticks++
	if len(r.data) < 4 {
		return errShort
	}
	control := binary.LittleEndian.Uint32(r.data)
	r.data = r.data[4:]
	kind := events.TickKind(control & controlKind)
	if kind > events.EventTick || control&controlUnused != 0 {
		return errControl
	}
	if control&controlMarks != 0 {
		if err := r.marks(kind); err != nil {
			return err
		}
	}
	fields, rest, ok := takeFields(control, r.data)
	if !ok {
		return errShort
	}
	r.data = rest
	m := r.past.marks[kind]
	r.tick = BlockTick{Seq: r.tick.Seq + 1, Tick: r.past.tick(kind, &fields), Venue: r.word(m.venue), Conditions: r.word(m.conditions)}
	switch kind {
	case events.TradeTick:
		return r.tradeID(m.flags&flagTextID != 0)
	case events.EventTick:
		return r.event(fields[3])
	}
	return nil
}

// marks reads new ones of a kind.
func (r *blockReader) marks(kind events.TickKind) (err error) {
	if len(r.data) == 0 {
		return errShort
	}
	m := marks{flags: r.data[0]}
	r.data = r.data[1:]
	if m.flags&^flagsAll != 0 {
		return errMarks
	}
	if m.venue, err = r.mark(); err != nil {
		return err
	}
	if m.conditions, err = r.mark(); err != nil {
		return err
	}
	r.past.marks[kind] = m
	return nil
}

// mark reads the mark of a word and, where it is new, the word.
func (r *blockReader) mark() (uint8, error) {
	if len(r.data) == 0 {
		return 0, errShort
	}
	m, known := r.data[0], len(r.words)
	r.data = r.data[1:]
	switch {
	case int(m) > known+1:
		return 0, errMarks
	case int(m) == known+1:
		w, err := r.text()
		if err != nil {
			return 0, err
		}
		r.words = append(r.words, w)
	}
	return m, nil
}

func (r *blockReader) word(m uint8) string {
	if m == 0 {
		return ""
	}
	return r.words[m-1]
}

func (r *blockReader) text() (string, error) {
	n, width := binary.Uvarint(r.data)
	if width <= 0 || n > uint64(len(r.data)-width) {
		return "", errShort
	}
	s := string(r.data[width : width+int(n)])
	r.data = r.data[width+int(n):]
	return s, nil
}

func (r *blockReader) number() (int64, error) {
	v, width := binary.Varint(r.data)
	if width <= 0 {
		return 0, errShort
	}
	r.data = r.data[width:]
	return v, nil
}

func (r *blockReader) tradeID(text bool) (err error) {
	r.tick.TradeID = tradeIDOf(r.tick.Tick.TradeID, nil)
	if text {
		r.tick.TradeID, err = r.text()
	}
	return err
}

// event reads what follows the fields of an event.
func (r *blockReader) event(kind uint64) (err error) {
	t := &r.tick.Tick
	e := &outcryv1.TapeEvent{SourceSeq: t.SourceSeq, EventTimeNs: t.EventTime, ReceiveTimeNs: t.ReceiveTime}
	r.tick.Event = e
	number := func(v *int64) {
		if err == nil {
			*v, err = r.number()
		}
	}
	text := func(s *string) {
		if err == nil {
			*s, err = r.text()
		}
	}
	switch kind {
	case eventDefinition:
		d := &outcryv1.Definition{}
		e.Event = &outcryv1.TapeEvent_Definition{Definition: d}
		var price, size int64
		number(&price)
		number(&size)
		d.PriceExponent, d.SizeExponent = int32(price), int32(size)
		number(&d.TickSize)
		number(&d.SizeStep)
		text(&d.Currency)
		text(&d.Calendar)
		text(&d.Description)
	case eventCancel:
		c := &outcryv1.TradeCancel{}
		e.Event = &outcryv1.TapeEvent_Cancel{Cancel: c}
		text(&c.TradeId)
		number(&c.TradeTimeNs)
	case eventCorrection:
		c := &outcryv1.TradeCorrection{}
		e.Event = &outcryv1.TapeEvent_Correction{Correction: c}
		text(&c.TradeId)
		number(&c.TradeTimeNs)
		number(&c.Price)
		number(&c.Size)
	case eventStatus:
		st := &outcryv1.TradingStatus{}
		e.Event = &outcryv1.TapeEvent_Status{Status: st}
		var state int64
		number(&state)
		st.State = outcryv1.TradingState(state)
		text(&st.Reason)
	default:
		return errEvent
	}
	return err
}
