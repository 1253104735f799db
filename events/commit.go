package events

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// committer is what the one goroutine that appends uses again from group to group.
type committer struct {
	streams []*Stream
	drafts  []*draft
	clocks  []clock
	kinds   [2]batchOfKind
	payload []byte
	encoder encoder
	ingest  int64 // ns, of the last group
	settled []*ticket
}

// batchOfKind is what a group appends to one topic.
type batchOfKind struct {
	messages []*message.Message
	records  []record
	inputs   int
	bytes    int // of payload
	took     time.Duration
	err      error
}

// record is one message of a group and who waits for it.
type record struct {
	stream  *Stream
	tickets []*ticket
	clock   *clock
}

// run appends one group after the other until the publisher is closed and nothing is left.
func (p *Publisher) run() {
	defer close(p.ended)
	var began time.Time // of the newest group
	for {
		select {
		case <-p.wake:
			p.rest(time.Until(began.Add(p.config.GroupEvery)))
			began = time.Now()
			p.commit()
		case <-p.closing: // nothing is enlisted any more, so this group is the last
			p.commit()
			return
		}
	}
}

// rest lets a group gather for a while, unless the publisher is closed.
func (p *Publisher) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.closing:
	}
}

// commit appends what is gathered and tells those who wait for it.
func (p *Publisher) commit() {
	c := &p.committer
	p.take()
	if len(c.streams)+len(c.clocks) == 0 {
		return
	}
	c.ingest = max(c.ingest, p.config.Now())
	memory := 0
	for _, d := range c.drafts {
		memory += d.bytes
		c.encode(d)
	}
	for i := range c.clocks {
		c.encodeClock(&c.clocks[i])
	}
	p.publish()
	p.memory.give(memory)
	p.settle()
	c.forget()
}

// take empties all streams that have gathered something.
func (p *Publisher) take() {
	c := &p.committer
	p.mu.Lock()
	c.streams, p.gathered = p.gathered, c.streams[:0]
	c.clocks, p.clocks = p.clocks, c.clocks[:0]
	p.mu.Unlock()
	for _, s := range c.streams {
		s.mu.Lock()
		for _, d := range s.drafts {
			if l := &s.lanes[d.kind-1]; l.open[d.partition] == d {
				l.open[d.partition] = nil
			}
		}
		c.drafts = append(c.drafts, s.drafts...)
		clear(s.drafts)
		s.drafts, s.enlisted = s.drafts[:0], false
		s.mu.Unlock()
	}
}

// encode makes the draft's record.
func (c *committer) encode(d *draft) {
	h := d.stream.header
	h.IngestTime = c.ingest
	c.payload = d.append(c.payload[:0], &c.encoder, &h)
	r := c.record(d.kind, d.partition, len(d.next))
	r.stream, r.tickets = d.stream, append(r.tickets, d.tickets...)
	d.recycle()
}

func (c *committer) encodeClock(k *clock) {
	c.payload = c.encoder.batch(c.payload[:0], &Batch{Header: Header{IngestTime: c.ingest}, Clock: true})
	c.record(k.kind, k.partition, 0).clock = k
}

// record adds a message with the payload; the log gets a copy of its own.
func (c *committer) record(kind Kind, partition int32, inputs int) *record {
	k := &c.kinds[kind-1]
	k.messages = append(k.messages, NewMessage(kind, partition, bytes.Clone(c.payload)))
	k.inputs += inputs
	k.bytes += len(c.payload)
	n := len(k.records)
	if n == cap(k.records) {
		k.records = append(k.records, record{})
	}
	k.records = k.records[:n+1] // with the tickets' memory of the group before
	return &k.records[n]
}

// publish appends the records of both kinds at once, so that the log can make them durable together.
func (p *Publisher) publish() {
	c := &p.committer
	var wg sync.WaitGroup
	for i, kind := range Kinds() {
		if k := &c.kinds[i]; len(k.messages) > 0 {
			wg.Go(func() { k.publish(p.log, kind) })
		}
	}
	wg.Wait()
	o := &p.config.Observer
	for i, kind := range Kinds() {
		switch k := &c.kinds[i]; {
		case len(k.messages) == 0:
		case k.err != nil && o.Failed != nil:
			o.Failed(kind, len(k.messages), k.inputs, k.err)
		case k.err == nil && o.Appended != nil:
			o.Appended(kind, len(k.messages), k.inputs, k.bytes, k.took)
		}
	}
}

func (k *batchOfKind) publish(log Log, kind Kind) {
	start := time.Now()
	if err := log.Publish(kind.Topic(), k.messages...); err != nil {
		k.err = fmt.Errorf("appending %d records to %s: %w", len(k.messages), kind.Topic(), err)
	}
	k.took = time.Since(start)
}

// settle tells streams and callers of Clock what became of their records.
func (p *Publisher) settle() {
	c := &p.committer
	for i := range c.kinds {
		k := &c.kinds[i]
		for j := range k.records {
			if r := &k.records[j]; r.clock == nil {
				r.settle(PositionOf(k.messages[j]), k.err)
			}
		}
	}
	for _, s := range c.streams {
		c.settled = s.due(c.settled)
	}
	for _, t := range c.settled {
		if t.err != nil {
			t.done(nil, t.err)
		} else {
			t.done(t.positions, nil)
		}
	}
	for i := range c.kinds {
		k := &c.kinds[i]
		for j := range k.records {
			if r := &k.records[j]; r.clock != nil {
				r.clock.settle(PositionOf(k.messages[j]), k.err)
			}
		}
	}
}

func (r *record) settle(at Position, err error) {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	for _, t := range r.tickets {
		t.records--
		t.positions = append(t.positions, at)
		if t.err == nil {
			t.err = err
		}
	}
}

func (k *clock) settle(at Position, err error) {
	if err != nil {
		at = Position{}
	}
	for _, done := range k.dones {
		done(at, err)
	}
}

// forget lets go of everything that the group pointed at.
func (c *committer) forget() {
	clear(c.streams)
	clear(c.drafts)
	clear(c.clocks)
	clear(c.settled)
	c.drafts, c.settled = c.drafts[:0], c.settled[:0]
	for i := range c.kinds {
		k := &c.kinds[i]
		clear(k.messages)
		for j := range k.records {
			r := &k.records[j]
			clear(r.tickets)
			*r = record{tickets: r.tickets[:0]}
		}
		*k = batchOfKind{messages: k.messages[:0], records: k.records[:0]}
	}
}
