package resume

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

var noon = time.Unix(1_700_000_000, 0)

func keys(t testing.TB, texts ...[]byte) *Keys {
	t.Helper()
	k, err := Parse(bytes.Join(texts, nil))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func stateOf(user string) *outcryv1.ResumeState {
	return &outcryv1.ResumeState{User: user, Lineage: "l", ExpiresNs: noon.Add(time.Hour).UnixNano(), Topics: []*outcryv1.ResumeTopics{
		{Channel: outcryv1.Channel_CHANNEL_QUOTE, MaxPerSecond: 10, Ids: []string{"A", "B"}}}}
}

func seal(t testing.TB, k *Keys, s *outcryv1.ResumeState) []byte {
	t.Helper()
	token, err := k.Seal(s)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Breaks for users: a client that is sent to another node has to ask for everything anew.
func TestAnyHolderOfTheKeyOpensATokenAndNobodyElse(t *testing.T) {
	text := Generate()
	token := seal(t, keys(t, text), stateOf("ann"))
	got, err := keys(t, text).Open(token, "ann", noon)
	if err != nil || !proto.Equal(got, stateOf("ann")) {
		t.Errorf("%v, %v", got, err)
	}
	if bytes.Contains(token, []byte("ann")) {
		t.Error("the token can be read")
	}
	for name, c := range map[string]struct {
		keys *Keys
		user string
		now  time.Time
		err  error
	}{
		"another key":  {keys(t, Generate()), "ann", noon, ErrInvalid},
		"another user": {keys(t, text), "bob", noon, ErrForeign},
		"nobody":       {keys(t, text), "", noon, ErrForeign},
		"too late":     {keys(t, text), "ann", noon.Add(time.Hour), ErrExpired},
	} {
		if got, err := c.keys.Open(token, c.user, c.now); got != nil || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// Breaks for users: changing a key ends the tokens of everybody, or an old one never ends.
func TestKeysChangeWithoutAPause(t *testing.T) {
	before, after := Generate(), Generate()
	k := keys(t, before)
	old := seal(t, k, stateOf("ann"))
	step := func(what string, texts ...[]byte) {
		t.Helper()
		if err := k.Set(bytes.Join(texts, nil)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("the new one opens", before, after)
	if _, err := keys(t, before).Open(seal(t, k, stateOf("ann")), "ann", noon); err != nil {
		t.Errorf("a node that has only the old key is given another one's token: %v", err)
	}
	step("the new one seals", after, before)
	if _, err := k.Open(old, "ann", noon); err != nil {
		t.Errorf("the old token: %v", err)
	}
	if _, err := keys(t, after).Open(seal(t, k, stateOf("ann")), "ann", noon); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
	step("the old one is gone", after)
	if _, err := k.Open(old, "ann", noon); !errors.Is(err, ErrInvalid) {
		t.Errorf("the old token: %v", err)
	}
}

// Breaks for users: a slip in a key file that is changed while the server runs ends all tokens.
func TestABadKeyFileChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := OpenFile(path, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	k, err := OpenFile(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	token := seal(t, k, stateOf("ann"))
	again, err := OpenFile(path, true)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "# nothing\n", "short\n", strings.Repeat(string(text), 2), "AAAA\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := again.Refresh(); err == nil {
			t.Errorf("%q is taken for keys", bad)
		}
		if _, err := again.Open(token, "ann", noon); err != nil {
			t.Errorf("after %q: %v", bad, err)
		}
	}
	if err := os.WriteFile(path, slices.Concat(Generate(), text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := again.Refresh(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(seal(t, again, stateOf("ann")), "ann", noon); !errors.Is(err, ErrInvalid) {
		t.Errorf("the new key does not seal: %v", err)
	}
}

// Breaks for users: a token of any length is asked of every client at each reconnection.
func TestATokenIsBounded(t *testing.T) {
	k, s := keys(t, Generate()), stateOf("ann")
	s.Topics[0].Ids = []string{strings.Repeat("x", 8000)}
	if token := seal(t, k, s); len(token) > Most {
		t.Errorf("%d bytes", len(token))
	}
	s.Topics[0].Ids[0] += strings.Repeat("x", 200)
	if token, err := k.Seal(s); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d bytes, %v", len(token), err)
	}
}

// FuzzOpen changes tokens: none but the one that was sealed may open, and nothing may panic.
func FuzzOpen(f *testing.F) {
	k := keys(f, Generate())
	token := seal(f, k, stateOf("ann"))
	f.Add(0, byte(0), 0)
	for at := range token {
		f.Add(at, byte(1), len(token))
	}
	f.Add(3, byte(0x80), 10)
	f.Fuzz(func(t *testing.T, at int, change byte, length int) {
		changed := bytes.Clone(token)
		if at >= 0 && at < len(changed) {
			changed[at] ^= change
		}
		if length >= 0 && length < len(changed) {
			changed = changed[:length]
		}
		state, err := k.Open(changed, "ann", noon)
		if same := bytes.Equal(changed, token); (err == nil) != same || (state != nil) != same {
			t.Fatalf("%x: %v, %v", changed, state, err)
		}
	})
}

// FuzzOpenAnything reads what no server ever made.
func FuzzOpenAnything(f *testing.F) {
	k := keys(f, Generate())
	f.Add([]byte{}, "ann")
	f.Add(seal(f, keys(f, Generate()), stateOf("ann")), "ann")
	f.Fuzz(func(t *testing.T, token []byte, user string) {
		if state, err := k.Open(token, user, noon); err == nil {
			t.Fatalf("%x opens as %v", token, state)
		}
	})
}
