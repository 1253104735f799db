package session

import (
	"context"
	"time"

	"outcry/gateways/identity"
	"outcry/gateways/relay"
	outcryv1 "outcry/proto/outcry/v1"
)

// job is one read. It runs beside the turn; what it gives back runs in the turn.
type job func(ctx context.Context) (finish func())

// reads of one session: one at a time, streams and pages of history alike.
type reads struct {
	queue     []job
	busy      bool
	closed    bool
	cancel    context.CancelFunc
	histories int
	// later are the streams whose read failed or brought nothing; tried again at retryAt.
	later   []*subscription
	retryAt time.Time
}

func (r *reads) close() {
	r.closed = true
	if r.cancel != nil {
		r.cancel()
	}
}

// read does a job once those before it are done.
func (s *Session) read(j job) {
	s.reads.queue = append(s.reads.queue, j)
	s.nextRead()
}

func (s *Session) nextRead() {
	r := &s.reads
	if r.busy || r.closed || len(r.queue) == 0 {
		return
	}
	j := r.queue[0]
	r.queue = r.queue[1:]
	r.busy = true
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	r.cancel = cancel
	shared, post := s.shared, s.options.Post
	shared.group.Go(func() {
		defer cancel()
		finish := j(ctx)
		post(func() {
			r.busy = false
			finish()
			s.nextRead()
		})
	})
}

// slot waits until the node may read once more.
func (s *Sessions) slot(ctx context.Context) (release func(), err error) {
	select {
	case s.reads <- struct{}{}:
		return func() { <-s.reads }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// page is a part of a stream, ascending by seq.
type page struct {
	items []*relay.Item
	// complete: nothing after the cursor and up to it is missing from items, but for what is lost.
	complete uint64
	// hole: items after the cursor and up to it did not come.
	hole uint64
	// gone: they never will, so it is not tried again.
	gone bool
}

// readOn reads what a stream's cursor needs and the relay no longer has.
func (s *Session) readOn(sub *subscription) {
	st := sub.stream
	if st.reading {
		return
	}
	st.reading = true
	cursor, floor, who := st.cursor, st.source.Floor(), s.access.who
	s.read(func(ctx context.Context) func() {
		p, err := s.shared.fetch(identity.With(ctx, who), sub.key, cursor, floor)
		return func() {
			st.reading = false
			if !sub.released {
				s.readDone(sub, p, err)
			}
		}
	})
}

func (s *Session) readDone(sub *subscription, p page, err error) {
	st := sub.stream
	first := !st.waiting
	st.waiting = err != nil
	if err != nil {
		if first { // it is tried each second, for as long as the store is away
			s.config.Logger.Warn("reading history", "entity", sub.key.id, "channel", sub.key.channel.String(), "err", err)
		}
		s.readLater(sub)
		return
	}
	if p.hole > 0 {
		if st.holes++; !p.gone && st.holes < holeTries {
			s.readLater(sub)
			return
		}
		s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_HistoryLost{HistoryLost: &outcryv1.HistoryLost{
			Topic: sub.key.topic(), FromSeq: st.cursor + 1, ToSeq: p.hole}}})
		st.lost += p.hole - st.cursor
		st.cursor = p.hole
	}
	st.holes = 0
	if len(p.items) == 0 {
		st.cursor = max(st.cursor, p.complete)
	}
	st.page, st.complete = p.items, max(p.complete, st.cursor)
	s.enqueue(sub)
}

func (s *Session) readLater(sub *subscription) {
	s.reads.later = append(s.reads.later, sub)
	s.reads.retryAt = s.now.Add(retryRead)
}

func (s *Session) retryReads() {
	r := &s.reads
	if r.retryAt.IsZero() || s.now.Before(r.retryAt) {
		return
	}
	later := r.later
	r.later, r.retryAt = nil, time.Time{}
	for _, sub := range later {
		if !sub.released {
			s.enqueue(sub)
		}
	}
}
