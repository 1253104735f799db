package ingest

import (
	"net/http"
	"testing"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

func feedOf(t *testing.T, patterns ...string) *identity.Identity {
	t.Helper()
	grants, err := identity.ParseGrants(map[string][]string{"ingest": patterns})
	if err != nil {
		t.Fatal(err)
	}
	return &identity.Identity{User: "feed", Grants: grants}
}

// Breaks for users: a feed's key writes prices of instruments that are not the feed's, or one line of them costs the others.
func TestAFeedWritesOnlyWhatItWasGranted(t *testing.T) {
	h := newHouse(t)
	const path = "/v1/ingest?define=auto&mode=import"
	body := `{"time":"2026-01-02T15:04:05Z","instrument":"MINE","price":"1","size":"1"}` + "\n" +
		`{"time":"2026-01-02T15:04:05Z","instrument":"YOURS","price":"1","size":"1"}` + "\n" +
		`{"time":"2026-01-02T15:04:05Z","room":"outcry:revocations","user":"outcry","text":"ann"}`
	status, out := h.postAs(feedOf(t, "MINE"), path, "k", body)
	if status != http.StatusOK || out.Accepted != 2 || out.Refused != 3 { // definitions count, too
		t.Fatalf("%d %+v", status, out)
	}
	for _, f := range out.Refusals {
		if f.Code != outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN.String() || f.ID == "MINE" {
			t.Errorf("%+v", f)
		}
	}
	if h.view("YOURS").Defined {
		t.Error("an instrument was defined that was not granted")
	}
	// Even with everything granted nobody writes to the server's own room.
	if status, out = h.postAs(identity.Server(), path, "k2", body); status != http.StatusOK || out.Refused != 1 || out.Refusals[0].ID != identity.RevocationsRoom {
		t.Errorf("%d %+v", status, out)
	}
	for name, who := range map[string]*identity.Identity{"nobody": nil, "somebody without grants": feedOf(t)} {
		if status, _ := h.postAs(who, path, "k3", body); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
}
