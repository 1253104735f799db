package web_test

import (
	"net/http"

	"outcry/actors/room"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// asker is whose token a request has.
func (f *fake) asker(r *http.Request) (user string) {
	if f.signIn != nil {
		user, _ = f.signIn.who(identity.Bearer(r.Header))
	}
	return user
}

// serveRooms lists rooms, and conversations of two to them alone.
func (f *fake) serveRooms(w http.ResponseWriter, r *http.Request) {
	asker := f.asker(r)
	unary(func(q *outcryv1.RoomsRequest) *outcryv1.RoomsResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		a := &outcryv1.RoomsResponse{}
		for id, one := range f.rooms {
			if (q.User == "" || one.members[q.User]) && (!room.IsDirect(id) || one.members[asker]) {
				a.Rooms = append(a.Rooms, one.row())
			}
		}
		return a
	})(w, r)
}

// serveSubmit opens conversations of two.
func (f *fake) serveSubmit(w http.ResponseWriter, r *http.Request) {
	asker := f.asker(r)
	unary(func(q *outcryv1.SubmitRequest) *outcryv1.SubmitResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		id := room.DirectID(asker, q.Command.To)
		if f.rooms[id] == nil {
			one := newFakeRoom(id)
			one.title = min(asker, q.Command.To) + ", " + max(asker, q.Command.To)
			one.members[asker], one.members[q.Command.To] = true, true
			f.rooms[id] = one
		}
		return &outcryv1.SubmitResponse{Answer: &outcryv1.Answer{ClientMsgId: q.Command.ClientMsgId, Room: id, Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED, Seq: 1}}
	})(w, r)
}
