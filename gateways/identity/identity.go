package identity

import (
	"context"
	"time"

	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// RevocationsRoom is the system's own: who was revoked, and when. Nobody writes
// to it but the server, and only who may administer everything sees it.
const RevocationsRoom = "outcry:revocations"

// System is the user that the server itself is in rooms of its own.
const System = "outcry"

// Identity is somebody who was let in. Immutable.
type Identity struct {
	// User is empty for somebody without a name, who may look only.
	User   string
	Grants *Grants
	// Expires is when it ends; zero is never.
	Expires time.Time
	// Issued is when its token or key was made: a later revocation of the user voids it.
	Issued time.Time
	// NamesItself: nobody signs in here, so clients say who they are.
	NamesItself bool
	// Key tells an API key; empty for tokens.
	Key string
}

// May says whether a verb is granted on an id; nil may nothing. It allocates nothing.
func (i *Identity) May(v Verb, id string) bool {
	switch {
	case i == nil || i.Grants == nil:
		return false
	case id == RevocationsRoom:
		return v == See && i.Grants.AllowAll(Admin)
	case v == Moderate && room.IsDirect(id):
		return false // between two there is no third
	}
	return i.Grants.Allow(v, id)
}

// MayAll says whether a verb is granted on everything.
func (i *Identity) MayAll(v Verb) bool {
	return i != nil && i.Grants != nil && i.Grants.AllowAll(v)
}

// Demand is May as a refusal; nil where it is granted.
func (i *Identity) Demand(v Verb, id string) error {
	if i.May(v, id) {
		return nil
	}
	return Forbidden("%s is not granted on %s%s", v, id, i.whose())
}

// Commands refuses a command to a room that is not granted; one to a person gets
// the room of both. Staff says that it
// comes from somebody who was granted to moderate the room, and so need not be its staff.
func (i *Identity) Commands(c *outcryv1.Command) (staff bool, err error) {
	if i != nil && c.GetTo() != "" && c.GetRoom() == "" {
		c.Room = room.DirectID(i.User, c.GetTo())
	}
	staff = i.May(Moderate, c.GetRoom())
	switch c.GetCommand().(type) {
	case *outcryv1.Command_Moderate, *outcryv1.Command_Delete, *outcryv1.Command_Settings:
		if staff {
			return true, nil
		}
	}
	return staff, i.Demand(Post, c.GetRoom())
}

// DemandAny refuses those to whom a verb is granted on nothing.
func (i *Identity) DemandAny(v Verb) error {
	if i != nil && i.Grants != nil && i.Grants.AllowAny(v) {
		return nil
	}
	return Forbidden("%s is not granted%s", v, i.whose())
}

// DemandAll is MayAll as a refusal.
func (i *Identity) DemandAll(v Verb) error {
	if i.MayAll(v) {
		return nil
	}
	return Forbidden("%s is not granted on everything%s", v, i.whose())
}

func (i *Identity) whose() string {
	if i == nil || i.User == "" {
		return "; sign in with a token"
	}
	return " to " + i.User
}

// Named gives the identity under the name that its client gives itself. Where
// people sign in, another name than the token's is refused.
func (i *Identity) Named(user string) (*Identity, error) {
	switch {
	case i == nil:
		return nil, Unauthenticated("nobody is signed in")
	case user == "" || user == i.User:
		return i, nil
	case !i.NamesItself && i.User == "":
		return nil, Unauthenticated("people do not name themselves here: sign in with a token")
	case !i.NamesItself:
		return nil, Forbidden("the token is that of %s", i.User)
	}
	named := *i
	named.User = user
	return &named, nil
}

// At says whether it holds at a time.
func (i *Identity) At(now time.Time) bool { return i.Expires.IsZero() || now.Before(i.Expires) }

// Gate lets people in.
type Gate interface {
	// SignIn reads a token or API key; an empty one is somebody without. Its errors
	// are Refusals. It may wait for keys to be fetched.
	SignIn(ctx context.Context, token string) (*Identity, error)
	// Epoch is another one whenever Current may answer something else. It costs a load.
	Epoch() uint64
	// Current says how an identity stands now: its grants may be others, and a
	// Refusal comes when it holds no longer. It does not wait.
	Current(i *Identity, now time.Time) (*Identity, error)
}

// Open is the Gate of a server without sign-in: everybody may do everything
// and names himself. Only loopback may be served so.
type Open struct{}

// everybody may everything, but be staff of others' rooms.
var everybody = func() *Identity {
	grants := All()
	grants.verbs[Moderate] = patterns{}
	return &Identity{Grants: grants, NamesItself: true}
}()

// SignIn lets everybody in; a token is not looked at.
func (Open) SignIn(context.Context, string) (*Identity, error) { return everybody, nil }

// Epoch never changes.
func (Open) Epoch() uint64 { return 0 }

// Current is what it was.
func (Open) Current(i *Identity, _ time.Time) (*Identity, error) { return i, nil }

// Server is the server itself, for what it does of its own accord: feeds, pipelines, the demo.
func Server() *Identity { return &Identity{User: System, Grants: All()} }

type contextKey struct{}

// With gives a context that carries who asks.
func With(ctx context.Context, i *Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, i)
}

// From is who asks; nil, who may nothing, where nobody was let in.
func From(ctx context.Context) *Identity {
	i, _ := ctx.Value(contextKey{}).(*Identity)
	return i
}
