package raw

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

// Format says how a topic's messages are read.
type Format string

const (
	// JSON: one object a message. Nested objects become fields with dots
	// ("data.price"), lists fields with numbers ("bids.0.1").
	JSON Format = "json"
	// Protobuf: one outcry.v1.IngestEvent a message.
	Protobuf Format = "protobuf"
)

// Formats lists them.
func Formats() []Format { return []Format{JSON, Protobuf} }

// What a message is refused for before it is read.
var (
	ErrEmpty = errors.New("the message is empty")
	ErrUTF8  = errors.New("the message is not valid UTF-8")
)

// Decode reads a message into an empty row. whole is given where the message
// is an input that has no fields for all it says (a definition, a status, a
// cancel, a correction): the row then has its instrument, time and source_seq.
func Decode(f Format, value []byte, max int, r stage.Row) (whole *outcryv1.IngestEvent, err error) {
	switch {
	case len(value) == 0:
		return nil, ErrEmpty
	case len(value) > max:
		return nil, fmt.Errorf("the message has %d bytes, at most %d are taken", len(value), max)
	case f == Protobuf:
		return decodeProtobuf(value, r)
	case !utf8.Valid(value):
		return nil, ErrUTF8
	}
	return nil, decodeJSON(value, r)
}

// Pseudo fields tell of the message around the event. A message's own fields never begin so.
const pseudo = '_'

// AddEnvelope puts what stands around a message into its row: _time (ns), _key,
// _topic, _partition, _offset, and _header.NAME for headers of UTF-8.
func AddEnvelope(b *Batch, m *Message, r stage.Row) {
	if !m.Time.IsZero() {
		r["_time"] = strconv.FormatInt(m.Time.UnixNano(), 10)
	}
	if len(m.Key) > 0 && utf8.Valid(m.Key) {
		r["_key"] = string(m.Key)
	}
	r["_topic"], r["_partition"] = b.Topic, strconv.Itoa(int(b.Partition))
	r["_offset"] = strconv.FormatInt(m.Offset, 10)
	for i := range min(len(m.Headers), headersMax) {
		if h := &m.Headers[i]; utf8.Valid(h.Value) && utf8.ValidString(h.Name) {
			r["_header."+h.Name] = string(h.Value)
		}
	}
}

// headersMax are looked at.
const headersMax = 64
