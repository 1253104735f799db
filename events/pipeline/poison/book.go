package poison

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"outcry/events/pipeline/raw"
)

// State of an entry.
type State string

const (
	Waiting  State = "waiting"
	Dropped  State = "dropped"
	Replayed State = "replayed"
)

// Marker settles the entry of a key.
func Marker(key string, s State, at time.Time) raw.Message {
	return raw.Message{Key: []byte(key), Headers: []raw.Header{
		{Name: hState, Value: []byte(s)}, {Name: hAt, Value: []byte(at.UTC().Format(time.RFC3339))}}}
}

// Replay is the message as it is sent to its topic again.
func (r *Record) Replay(identityHeader string) (raw.Message, error) {
	if r.Cut > 0 {
		return raw.Message{}, fmt.Errorf("%s was too large to be kept whole: %d bytes at its end are missing; send it again from its source", r.Key(), r.Cut)
	}
	m := raw.Message{Key: r.Message.Key, Value: r.Message.Value}
	m.Headers = slices.DeleteFunc(slices.Clone(r.Message.Headers), func(h raw.Header) bool { return h.Name == identityHeader })
	if r.Identity != "" {
		m.Headers = append(m.Headers, raw.Header{Name: identityHeader, Value: []byte(r.Identity)})
	}
	return m, nil
}

// Entry is what is known of one message that could not pass.
type Entry struct {
	// ID is the offset in the poison topic of its newest record with a value.
	ID    int64
	State State
	// Settled is when it was dropped or replayed.
	Settled time.Time
	// Record without the bytes of its message. Of an entry whose record was compacted away only the key is known.
	Record Record
	Key    string
	Bytes  int
}

// Book folds the topic's records, in their order, into entries. The zero value is empty.
type Book struct {
	// Max entries are kept, those written last; 0: 100,000.
	Max     int
	entries map[string]*Entry
	order   []*Entry
	// Forgotten counts entries that had no room.
	Forgotten int
	// Foreign counts records that no pipeline wrote.
	Foreign int
}

// Add takes the next record of the topic.
func (b *Book) Add(m *raw.Message) {
	if b.entries == nil {
		b.entries = make(map[string]*Entry)
		if b.Max == 0 {
			b.Max = 100_000
		}
	}
	key := string(m.Key)
	if m.Value == nil {
		b.settle(key, m)
		return
	}
	r, err := Read(m)
	if err != nil || r.Key() != key {
		b.Foreign++
		return
	}
	e := b.entry(key)
	bytes := len(r.Message.Value) + r.Cut
	r.Message.Value = nil
	*e = Entry{ID: m.Offset, State: Waiting, Record: r, Key: key, Bytes: bytes}
}

func (b *Book) settle(key string, m *raw.Message) {
	s := State(m.Header(hState))
	if s != Dropped && s != Replayed {
		s = Dropped // somebody else's tombstone
	}
	e := b.entry(key)
	e.State = s
	e.Settled, _ = time.Parse(time.RFC3339, m.Header(hAt)) // zero where it says none
}

func (b *Book) entry(key string) *Entry {
	if e := b.entries[key]; e != nil {
		return e
	}
	e := &Entry{Key: key}
	if len(b.order) >= b.Max {
		delete(b.entries, b.order[0].Key)
		b.order = b.order[1:]
		b.Forgotten++
	}
	b.entries[key] = e
	b.order = append(b.order, e)
	return e
}

// Filter says which entries are asked for; empty fields are any.
type Filter struct {
	Topic, Pipeline, Stage string
	// Reason is a part of it.
	Reason string
	State  State
}

// Entries gives those that fit, in the order in which they came.
func (b *Book) Entries(f Filter) (all []*Entry) {
	for _, e := range b.order {
		r := &e.Record
		if (f.State == "" || f.State == e.State) && (f.Topic == "" || f.Topic == r.Topic) &&
			(f.Pipeline == "" || f.Pipeline == r.Pipeline) && (f.Stage == "" || strings.Contains(r.Stage, f.Stage)) &&
			strings.Contains(r.Reason, f.Reason) {
			all = append(all, e)
		}
	}
	return all
}

// Find gives the entry of an id or a key; nil where there is none.
func (b *Book) Find(idOrKey string) *Entry {
	if e := b.entries[idOrKey]; e != nil {
		return e
	}
	for _, e := range b.order {
		if fmt.Sprint(e.ID) == idOrKey && e.Record.Topic != "" {
			return e
		}
	}
	return nil
}
