package reads

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// Messages is a page of a room's changes, ascending: the newest, or those
// after or before a seq.
func (r *Reads) Messages(ctx context.Context, q *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	var recent []*outcryv1.Message
	var head, first uint64
	err := r.live.Room(ctx, q.Room, func(s *room.State) {
		if s != nil && s.Exists() {
			recent, first = s.Recent(0, 1<<30)
			head = s.Head()
		}
	})
	if err != nil {
		return nil, fmt.Errorf("asking room %s: %w", q.Room, err)
	}
	if head == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknownRoom, q.Room)
	}
	after, before := q.AfterSeq, q.BeforeSeq
	if before == 0 || before > head+1 {
		before = head + 1
	}
	limit := uint64(q.Limit)
	switch { // the page is (after, before): every change has its seq, dense
	case q.AfterSeq > 0:
		before = min(before, after+limit+1)
	case before > limit+1:
		after = before - limit - 1
	}
	answer := &outcryv1.MessagesResponse{HeadSeq: head}
	if stored := min(first, before); after+1 < stored {
		wanted := min(limit, stored-after-1)
		err = r.whole(ctx, events.Room, q.Room, func() error {
			return r.awaitWhole(ctx, events.Room, q.Room, func() (bool, error) {
				answer.Messages, err = r.store.Messages(ctx, q.Room, after, stored, int(limit), false)
				return uint64(len(answer.Messages)) >= wanted, err
			})
		})
		if err != nil {
			return nil, fmt.Errorf("reading messages of %s: %w", q.Room, err)
		}
	}
	for _, m := range recent {
		if m.Seq > after && m.Seq < before {
			answer.Messages = append(answer.Messages, m)
		}
	}
	return answer, nil
}

// Bans of a room, by user.
func (r *Reads) Bans(ctx context.Context, q *outcryv1.BansRequest) (*outcryv1.BansResponse, error) {
	answer, exists := &outcryv1.BansResponse{}, false
	err := r.live.Room(ctx, q.Room, func(s *room.State) {
		if exists = s != nil && s.Exists(); exists {
			s.Bans(func(b *outcryv1.Ban) { answer.Bans = append(answer.Bans, b) })
		}
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("asking room %s: %w", q.Room, err)
	case !exists:
		return nil, fmt.Errorf("%w: %s", ErrUnknownRoom, q.Room)
	}
	slices.SortFunc(answer.Bans, func(a, b *outcryv1.Ban) int {
		return cmp.Or(strings.Compare(a.User, b.User), cmp.Compare(a.Seq, b.Seq))
	})
	return answer, nil
}

// Admits says whether a person may see a room, and from which seq on; one that does not exist hides nothing.
func (r *Reads) Admits(ctx context.Context, id, user string) (from uint64, may bool, err error) {
	may = true
	err = r.live.Room(ctx, id, func(s *room.State) {
		if s != nil {
			from, may = s.From(user), s.Admits(user)
		}
	})
	if err != nil {
		return 0, false, fmt.Errorf("asking room %s: %w", id, err)
	}
	return from, may, nil
}

// Message reads one message for a command about it, and up to which change
// of the room what was read is surely complete.
func (r *Reads) Message(ctx context.Context, id string, seq uint64) (m *outcryv1.Message, asOf uint64, err error) {
	err = r.whole(ctx, events.Room, id, func() error {
		row, err := r.store.Room(ctx, id) // first: the message may only be newer than it
		if err != nil {
			return fmt.Errorf("reading room %s: %w", id, err)
		}
		if m, err = r.store.Message(ctx, id, seq); err != nil {
			return fmt.Errorf("reading message %d of %s: %w", seq, id, err)
		}
		if row != nil {
			asOf = row.HeadSeq
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return m, asOf, nil
}
