package identity

import (
	"context"
	"fmt"
	"testing"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: somebody speaks under the name of another.
func TestNamesAreTheTokensWherePeopleSignIn(t *testing.T) {
	open, err := Open{}.SignIn(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ann := &Identity{User: "ann", Grants: All()}
	for _, c := range []struct {
		who        *Identity
		user, want string
		code       outcryv1.ErrorCode
	}{
		{open, "bob", "bob", 0}, {open, "", "", 0},
		{ann, "", "ann", 0}, {ann, "ann", "ann", 0}, {ann, "bob", "", outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN},
		{&Identity{Grants: All()}, "", "", 0}, {&Identity{Grants: All()}, "bob", "", outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED},
	} {
		named, err := c.who.Named(c.user)
		code, _ := CodeOf(err)
		if code != c.code || err == nil && named.User != c.want {
			t.Errorf("%+v as %q: %+v, %v", c.who, c.user, named, err)
		}
	}
	if open.User != "" {
		t.Error("a name stuck to everybody")
	}
}

// Breaks for users: a handler that was mounted without a gate lets everybody do everything.
func TestNobodyIsInAContextWithoutOne(t *testing.T) {
	if From(context.Background()).May(See, "ACME") {
		t.Error("nobody may see")
	}
	who := &Identity{User: "ann", Grants: All()}
	if From(With(context.Background(), who)) != who {
		t.Error("who asks got lost")
	}
	if code, ok := CodeOf(fmt.Errorf("reading: %w", who.Demand(Post, RevocationsRoom))); !ok || code != outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN {
		t.Errorf("refused with %v", code)
	}
}

// Breaks for users: a revoked person goes on with an old token, or a new one is refused.
func TestRevocationsVoidWhatIsOlder(t *testing.T) {
	var r Revocations
	at := time.Unix(1_700_000_000, 0)
	if r.Void("ann", at) {
		t.Error("nobody was revoked")
	}
	r.Add("ann", at)
	r.Add("ann", at.Add(-time.Hour)) // one that comes late takes nothing back
	for _, c := range []struct {
		user   string
		issued time.Time
		void   bool
	}{
		{"ann", at.Add(-time.Second), true}, {"ann", at, true}, {"ann", time.Time{}, true},
		{"ann", at.Add(time.Second), false}, {"bob", at, false}, {"bob", time.Time{}, false},
	} {
		if r.Void(c.user, c.issued) != c.void {
			t.Errorf("%s of %v: %t", c.user, c.issued, !c.void)
		}
	}
}

// Breaks for users: memory grows without end, or a revoked user comes back once many others were revoked.
func TestForgottenRevocationsStayInForce(t *testing.T) {
	var r Revocations
	at := time.Unix(1_700_000_000, 0)
	for n := range revokedMost + 1 {
		r.Add(fmt.Sprint("user-", n), at.Add(time.Duration(n)*time.Second))
	}
	if len(r.before) > revokedMost/2+1 {
		t.Errorf("%d users are remembered", len(r.before))
	}
	last := at.Add(revokedMost * time.Second)
	if !r.Void("user-0", at) || !r.Void(fmt.Sprint("user-", revokedMost), last) || r.Void("user-0", last.Add(time.Second)) || r.Void("new", last.Add(time.Second)) {
		t.Error("somebody who was revoked holds, or somebody new does not")
	}
}
