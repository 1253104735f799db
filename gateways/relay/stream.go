package relay

import (
	"sort"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/relay/wire"
)

// Item is one item of a never-lose stream. Shared by all sessions; nobody changes it.
type Item struct {
	Seq  uint64
	body proto.Message
	part [wire.Encodings]atomic.Pointer[[]byte]
}

// NewItem makes an item of a *outcryv1.Message, *outcryv1.Bar or
// *outcryv1.Trade, which nobody may change after.
func NewItem(seq uint64, body proto.Message) *Item { return &Item{Seq: seq, body: body} }

// Body is what NewItem took.
func (i *Item) Body() proto.Message { return i.body }

// Part is wire's Body, encoded when it is first asked for.
func (i *Item) Part(e wire.Encoding) []byte {
	if p := i.part[e].Load(); p != nil {
		return *p
	}
	p := e.Body(nil, i.body)
	i.part[e].Store(&p)
	return p
}

// Stream is the recent history of one never-lose stream of an entry. Safe for
// many goroutines.
type Stream struct {
	mu    *sync.Mutex // the entry's
	limit int
	// The newest items, ascending by seq, as a ring that starts at first.
	items []*Item
	first int
	// floor: every item after it is here. complete: none up to it is still to come.
	floor, complete uint64
	watchers        watchers
}

// After appends the items after a seq to dst, oldest first, at most limit,
// and says up to which seq nothing is missing after them. ok is false where the
// ring does not reach back so far: the store knows.
func (s *Stream) After(dst []*Item, after uint64, limit int) (items []*Item, complete uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after < s.floor {
		return dst, 0, false
	}
	n := len(s.items)
	from := sort.Search(n, func(i int) bool { return s.at(i).Seq > after })
	to := min(n, from+limit)
	for i := from; i < to; i++ {
		dst = append(dst, s.at(i))
	}
	switch {
	case to == n:
		complete = max(s.complete, after)
	case to > from:
		complete = s.at(to - 1).Seq
	default:
		complete = after
	}
	return dst, complete, true
}

// Newest gives the cursor after which the newest items stand, at most limit of
// those that are here.
func (s *Stream) Newest(limit int) (after uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.items)
	switch {
	case limit == 0 || n == 0:
		return s.complete
	case limit < n:
		return s.at(n - limit - 1).Seq
	default:
		return s.floor
	}
}

// Count is how many items follow a seq. ok is false where the ring does not reach back
// so far, and only those that it has are counted.
func (s *Stream) Count(after uint64) (items int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.items)
	return n - sort.Search(n, func(i int) bool { return s.at(i).Seq > after }), after >= s.floor
}

// Complete is up to where nothing is still to come.
func (s *Stream) Complete() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complete
}

// Floor is from where on After has everything.
func (s *Stream) Floor() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.floor
}

// Watch asks for a mark of a board's place at each new item, and when the entry was attached.
func (s *Stream) Watch(b *Board, place int) {
	w := b.place(place)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers.add(w)
}

// Unwatch takes the wish back. A mark may still come.
func (s *Stream) Unwatch(b *Board, place int) {
	w := b.place(place)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers.remove(w)
}

func (s *Stream) at(i int) *Item { return s.items[(s.first+i)%len(s.items)] }

// push takes the next item, with the lock held; one that is not newer than
// the newest is known already.
func (s *Stream) push(i *Item) {
	if i.Seq <= s.complete {
		return
	}
	s.complete = i.Seq
	if len(s.items) < s.limit {
		s.items = append(s.items, i)
		return
	}
	// Never lower: of what was attached, only the part above the floor is whole.
	s.floor = max(s.floor, s.items[s.first].Seq)
	s.items[s.first] = i
	s.first = (s.first + 1) % s.limit
}

// restart empties the ring: everything after floor will be told from now on.
func (s *Stream) restart(floor uint64) {
	clear(s.items)
	s.items, s.first, s.floor, s.complete = s.items[:0], 0, floor, floor
}
