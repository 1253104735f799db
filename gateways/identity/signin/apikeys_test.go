package signin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/gateways/identity"
)

func entry(hash, user, grants string) string {
	return fmt.Sprintf("  - sha256: %s\n    user: %s\n    grants: %s\n", hash, user, grants)
}

// replace writes a file as editors and operators do: a new one in its place.
func replace(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: a key that was taken back goes on, or one typing error locks all feeds out.
func TestAFileOfAPIKeysIsReadAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	feed, hash := NewAPIKey()
	second, secondHash := NewAPIKey()
	replace(t, path, "keys:\n"+entry(hash, "feed", "{ingest: ['*']}"))
	changes := make(chan struct{}, 100)
	g := gate(t, Config{APIKeys: path, Changed: func() { changes <- struct{}{} }})
	<-changes // the first reading
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	defer func() { stop(); <-ended }()
	await := func() {
		t.Helper()
		select {
		case <-changes:
		case <-time.After(10 * time.Second):
			t.Fatal("the change was not noticed")
		}
	}
	i := admitted(t, g, feed)
	if i.User != "feed" || !i.May(identity.Ingest, "ACME") || i.May(identity.See, "ACME") {
		t.Errorf("%+v", i)
	}
	refusedWith(t, g, second, unauthenticated)

	epoch := g.Epoch()
	replace(t, path, "keys:\n"+entry(hash, "feed", "{ingest: [ACME]}")+entry(strings.ToUpper(secondHash), "desk", "{see: ['*']}"))
	await()
	if g.Epoch() == epoch {
		t.Error("the epoch stood still")
	}
	admitted(t, g, second)
	now, err := g.Current(i, time.Now())
	if err != nil || now.May(identity.Ingest, "OTHER") || !now.May(identity.Ingest, "ACME") {
		t.Errorf("%+v, %v", now, err)
	}

	epoch = g.Epoch()
	replace(t, path, "keys:\n"+entry("zz", "feed", "{look: ['*']}"))
	for g.Status().APIKeysErr == nil {
		time.Sleep(time.Millisecond)
	}
	for _, says := range []string{"key 1 (feed)", "64 hexadecimal digits", "the verbs are", path} {
		if err := g.Status().APIKeysErr; !strings.Contains(err.Error(), says) {
			t.Errorf("%q is missing in %v", says, err)
		}
	}
	admitted(t, g, feed)
	if g.Epoch() != epoch {
		t.Error("a file with faults changed something")
	}

	replace(t, path, "keys:\n"+entry(secondHash, "desk", "{see: ['*']}"))
	await()
	refusedWith(t, g, feed, unauthenticated)
	if _, err := g.Current(i, time.Now()); err == nil {
		t.Error("a key that was taken back holds")
	}
}

// Breaks for users: a key goes on after its end, or after its user was revoked.
func TestAPIKeysEndAndAreRevoked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	ended, endedHash := NewAPIKey()
	dated, datedHash := NewAPIKey()
	undated, undatedHash := NewAPIKey()
	stamp := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	replace(t, path, "keys:\n"+entry(endedHash, "ann", "{}")+"    expires: "+stamp(-time.Minute)+"\n"+
		entry(datedHash, "bob", "{}")+"    created: "+stamp(-time.Minute)+"\n"+entry(undatedHash, "cid", "{}"))
	g := gate(t, Config{APIKeys: path})
	refusedWith(t, g, ended, unauthenticated)
	bob, cid := admitted(t, g, dated), admitted(t, g, undated)
	g.Revoke("bob", time.Now().Add(-time.Hour)) // before the key was made
	g.Revoke("cid", time.Now().Add(-time.Hour))
	admitted(t, g, dated)
	refusedWith(t, g, undated, unauthenticated)
	g.Revoke("bob", time.Now())
	refusedWith(t, g, dated, unauthenticated)
	for _, i := range []*identity.Identity{bob, cid} {
		if _, err := g.Current(i, time.Now()); err == nil {
			t.Errorf("%s holds", i.User)
		}
	}
}

// Breaks for users: who was revoked goes on with the same token, or can't sign in again.
func TestARevokedUserNeedsANewToken(t *testing.T) {
	changed := 0
	g := gate(t, Config{Secret: secret, Changed: func() { changed++ }})
	c := claims()
	c.Issued = time.Now().Add(-time.Minute)
	old := mint(t, secret, c)
	i, epoch := admitted(t, g, old), g.Epoch()
	g.Revoke("ann", time.Now().Add(-30*time.Second))
	if _, err := g.Current(i, time.Now()); err == nil || g.Epoch() == epoch || changed != 1 {
		t.Errorf("%v, epoch %d, told %d times", err, g.Epoch(), changed)
	}
	refusedWith(t, g, old, unauthenticated)
	admitted(t, g, mint(t, secret, claims()))
	if _, err := g.Current(i, i.Expires); err == nil {
		t.Error("it holds at its end")
	}
}

// FuzzAPIKeys: a file of anything gives errors, no panic.
func FuzzAPIKeys(f *testing.F) {
	_, hash := NewAPIKey()
	f.Add([]byte("keys:\n" + entry(hash, "feed", "{ingest: ['*']}")))
	f.Add([]byte("keys: [{sha256: 1, user: {}}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseAPIKeys(text)
		for hash, i := range keys {
			if err == nil && (i.User == "" || len(hash) != 64) {
				t.Fatalf("%q: %+v", hash, i)
			}
		}
	})
}
