package embedded

import (
	"errors"
	"slices"
	"sync"
)

// segments lists the files of the log, oldest first.
type segments struct {
	mu  sync.RWMutex
	all []*segment // at least one
}

func (s *segments) list() []*segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.all)
}

// first gives the first offset of a stream that is kept.
func (s *segments) first(stream int) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[0].base[stream]
}

// holding gives the segment that has a stream's record, or would have the
// next; nil where it is no longer kept.
func (s *segments) holding(stream int, offset int64) *segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := len(s.all) - 1; i >= 0; i-- {
		if s.all[i].base[stream] <= offset {
			return s.all[i]
		}
	}
	return nil
}

func (s *segments) add(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, seg)
}

func (s *segments) shift() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = s.all[1:]
}

func (s *segments) unshift(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append([]*segment{seg}, s.all...)
}

// retention is how far each stream was given up.
type retention struct {
	keep  bool // everything, for ever
	mu    sync.Mutex
	marks []int64 // by stream: what lies before is not needed
}

// mark says whether the mark moved and that may matter.
func (r *retention) mark(stream int, offset int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keep || offset <= r.marks[stream] {
		return false
	}
	r.marks[stream] = offset
	return true
}

// givenUp says whether no stream needs what lies between the two.
func (r *retention) givenUp(from, to []int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for stream, offset := range to {
		if offset > from[stream] && offset > r.marks[stream] {
			return false
		}
	}
	return true
}

// trim removes the oldest segments that nobody needs and that are too many or
// too old. It runs in the committer, after a roll and when a mark has moved.
func (l *Log) trim() {
	for {
		all := l.segments.list()
		if len(all) < 2 || !l.surplus(all) || !l.retain.givenUp(all[0].base, all[1].base) {
			return
		}
		if !l.remove(all[0]) {
			return
		}
		if removed := l.config.Observer.Removed; removed != nil {
			removed(all[0].name())
		}
	}
}

// surplus says whether the first of the segments is more than is to be kept.
func (l *Log) surplus(all []*segment) bool {
	if l.config.KeepAge > 0 && l.config.Now()-all[1].created > l.config.KeepAge.Nanoseconds() {
		return true
	}
	if l.config.KeepBytes == 0 {
		return false
	}
	var rest int64
	for _, s := range all[1:] {
		rest += s.length.Load()
	}
	return rest >= l.config.KeepBytes
}

// remove forgets the first segment and then removes it: a reader that finds
// the file gone looks again and finds the segment gone too. What can't be
// removed (open on Windows, say) comes back, so that there is never a hole.
func (l *Log) remove(first *segment) bool {
	l.segments.shift()
	err := l.files.drop(first.name())
	var synced *syncError
	if errors.As(err, &synced) {
		l.fail(err)
		return false
	}
	if err != nil {
		l.segments.unshift(first)
		l.config.Logger.Warn("an old segment could not be removed and stays", "segment", first.name(), "error", err)
		return false
	}
	if err := l.files.fs.Remove(l.files.path(indexName(first.number))); err != nil && !missing(err) {
		l.config.Logger.Warn("the index of a removed segment stays until the next start", "segment", first.name(), "error", err)
	}
	return true
}
