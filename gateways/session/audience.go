package session

import (
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// guest is what a session knows of its right to be in a room.
type guest struct {
	epoch uint64 // of the room when that was last looked at
	since uint64 // seq of the room when it was granted: a later kick ends it
	from  uint64 // the first seq that may be read
}

// entry refuses a room that its client may not see, when it is subscribed to.
func (sub *subscription) entry() *outcryv1.Error {
	if sub.room == nil {
		return nil
	}
	sub.guest = guest{epoch: sub.room.Epoch(), since: sub.room.Stream().Complete()}
	return sub.barred()
}

// left says why a client has to leave a room, if the room changed who may see it.
// It is asked when the items of a frame are at hand and costs a load: the room's epoch
// changes before the items that follow can be read.
func (sub *subscription) left() *outcryv1.Error {
	if sub.room == nil {
		return nil
	}
	epoch := sub.room.Epoch()
	if epoch == sub.guest.epoch {
		return nil
	}
	sub.guest.epoch = epoch
	if s := sub.session; s.user != "" && sub.room.Kicked(s.user, sub.guest.since) {
		return failure(outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER, "you were sent out of room %s", sub.key.id)
	}
	return sub.barred()
}

// moved ends a room that its client has to leave, or moves on to where it may be read
// from: either way what is at hand is not to be filled.
func (sub *subscription) moved() bool {
	if why := sub.left(); why != nil {
		sub.session.endTopic(sub, why)
		return true
	}
	return sub.stream.hide(sub.guest.from)
}

// barred refuses who is no member of a private room, or of one that is read from
// one's joining on, or was banned. With the grant to moderate every room may be seen.
func (sub *subscription) barred() *outcryv1.Error {
	s := sub.session
	sub.guest.from = 0
	if s.access.who.May(identity.Moderate, sub.key.id) {
		return nil
	}
	from, may := sub.room.Admits(s.user)
	if err := identity.Entry(sub.key.id, from, may); err != nil {
		return identity.Error(err)
	}
	sub.guest.from = from
	return nil
}

// hide moves the cursor on to where its client may read from, and says whether it did.
// What lies before is left out, and never told as lost.
func (st *streamTopic) hide(from uint64) bool {
	to := min(max(from, 1)-1, st.source.Complete())
	if to <= st.cursor {
		return false
	}
	st.filtered += to - st.cursor
	st.cursor, st.page, st.complete = to, nil, to
	return true
}
