package poison

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"outcry/events/pipeline/raw"
)

// Topic that keeps them: one partition, compacted.
const Topic = "outcry.poison"

// Bounds of a record.
const (
	// ValueMax in bytes: more of a message is cut off, so that it fits into a
	// topic with the broker's default settings.
	ValueMax   = 768 << 10
	reasonMax  = 1024
	headersMax = 64
	headerMax  = 4096 // bytes of a name and its value
)

// Record is one message that could not pass.
type Record struct {
	Topic     string
	Partition int32
	Message   raw.Message
	// Pipeline and Stage that refused it, and why.
	Pipeline, Stage, Reason string
	// Identity that its replay carries; empty: the one that it has by itself.
	Identity string
	// Cut is how many bytes of the value are missing at its end.
	Cut int
}

// Key is the record's place in the map.
func (r *Record) Key() string { return raw.Position(r.Topic, r.Partition, r.Message.Offset) }

// Names of our headers. The message's own come after original.
const (
	hReason    = "outcry-reason"
	hStage     = "outcry-stage"
	hPipeline  = "outcry-pipeline"
	hTopic     = "outcry-topic"
	hPartition = "outcry-partition"
	hOffset    = "outcry-offset"
	hTime      = "outcry-time"
	hKey       = "outcry-key"
	hIdentity  = "outcry-replay-identity"
	hCut       = "outcry-cut"
	hState     = "outcry-state"
	hAt        = "outcry-at"
	original   = "original."
)

// Write gives the record as it stands in the topic.
func (r *Record) Write() raw.Message {
	m := raw.Message{Key: []byte(r.Key()), Value: r.Message.Value}
	cut := r.Cut
	if len(m.Value) > ValueMax {
		cut += len(m.Value) - ValueMax
		m.Value = m.Value[:ValueMax]
	}
	if m.Value == nil {
		m.Value = []byte{} // null would be a marker
	}
	add := func(name, value string) {
		if value != "" {
			m.Headers = append(m.Headers, raw.Header{Name: name, Value: []byte(value)})
		}
	}
	add(hReason, clean(r.Reason))
	add(hStage, r.Stage)
	add(hPipeline, r.Pipeline)
	add(hTopic, r.Topic)
	add(hPartition, strconv.Itoa(int(r.Partition)))
	add(hOffset, strconv.FormatInt(r.Message.Offset, 10))
	if !r.Message.Time.IsZero() {
		add(hTime, strconv.FormatInt(r.Message.Time.UnixMilli(), 10))
	}
	add(hKey, string(r.Message.Key[:min(len(r.Message.Key), headerMax)]))
	add(hIdentity, r.Identity)
	if cut > 0 {
		add(hCut, strconv.Itoa(cut))
	}
	for _, h := range r.Message.Headers[:min(len(r.Message.Headers), headersMax)] {
		if len(h.Name)+len(h.Value) <= headerMax {
			m.Headers = append(m.Headers, raw.Header{Name: original + h.Name, Value: h.Value})
		}
	}
	return m
}

// clean keeps a reason short and printable.
func clean(reason string) string {
	reason = strings.ToValidUTF8(reason, "�")
	if len(reason) > reasonMax {
		reason = strings.ToValidUTF8(reason[:reasonMax], "") + "…"
	}
	return reason
}

// Read takes a record of the topic apart.
func Read(m *raw.Message) (r Record, err error) {
	partition, perr := strconv.ParseInt(m.Header(hPartition), 10, 32)
	offset, oerr := strconv.ParseInt(m.Header(hOffset), 10, 64)
	if r.Topic = m.Header(hTopic); r.Topic == "" || perr != nil || oerr != nil {
		return r, fmt.Errorf("the record at offset %d says no position of a raw message: it was not written by a pipeline", m.Offset)
	}
	r.Partition = int32(partition)
	r.Message = raw.Message{Offset: offset, Value: m.Value}
	if key := m.Header(hKey); key != "" {
		r.Message.Key = []byte(key)
	}
	if ms, err := strconv.ParseInt(m.Header(hTime), 10, 64); err == nil {
		r.Message.Time = time.UnixMilli(ms).UTC()
	}
	r.Pipeline, r.Stage, r.Reason, r.Identity = m.Header(hPipeline), m.Header(hStage), m.Header(hReason), m.Header(hIdentity)
	if cut := m.Header(hCut); cut != "" {
		if r.Cut, err = strconv.Atoi(cut); err != nil || r.Cut < 0 {
			return r, fmt.Errorf("the record at offset %d: %s %q is no number of bytes", m.Offset, hCut, cut)
		}
	}
	for _, h := range m.Headers {
		if name, ok := strings.CutPrefix(h.Name, original); ok {
			r.Message.Headers = append(r.Message.Headers, raw.Header{Name: name, Value: h.Value})
		}
	}
	return r, nil
}

// Text says whether the value can be shown as text.
func (r *Record) Text() bool { return utf8.Valid(r.Message.Value) }
