package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/gateways/identity"
)

// command runs the binary beside a server, with a token in its environment.
func (s *server) commandAs(token string, args ...string) (stdout string, err error) {
	s.t.Helper()
	cmd := s.command(args...)
	cmd.Env = append(cmd.Env, "OUTCRY_TOKEN="+token)
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, trouble.String())
	}
	return out.String(), nil
}

// minted makes a token or key with outcry token.
func minted(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"token"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("outcry token %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// minter makes tokens with a secret.
func minter(t *testing.T, secret string) func(user string, grants ...string) string {
	return func(user string, grants ...string) string {
		t.Helper()
		args := []string{"--key", secret, "--user", user}
		for _, g := range grants {
			args = append(args, "--grant", g)
		}
		return minted(t, args...)
	}
}

// signedIn starts a server where people sign in, and says where its secret and its file of keys are.
func signedIn(t *testing.T) (s *server, secret, keys string) {
	t.Helper()
	s = &server{t: t, data: t.TempDir(), home: t.TempDir()}
	secret, keys = filepath.Join(s.data, "auth.secret"), filepath.Join(s.data, "keys.yaml")
	minted(t, "--user", "nobody", "--key", secret)
	minted(t, "--user", "nobody", "--api-key", "--file", keys)
	s.startWith("serve", "--data", s.data, "--http", "127.0.0.1:0", "--admin", "", "--partitions", "4",
		"--auth-secret-file", secret, "--auth-api-keys-file", keys)
	t.Cleanup(s.kill)
	return s, secret, keys
}

// Breaks for users: somebody without a token reads or writes, or somebody with one can't.
func TestCommandsSignIn(t *testing.T) {
	s, secret, _ := signedIn(t)
	ann := minted(t, "--key", secret, "--user", "ann", "--grant", "see=*", "--grant", "post=hall")
	feed := minted(t, "--key", secret, "--user", "feed", "--grant", "ingest=GOLD")
	file := filepath.Join(s.home, "trades.csv")
	if err := os.WriteFile(file, []byte("time,instrument,price,size\n2026-01-02T15:04:05Z,GOLD,1.5,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		token, want string
		args        []string
	}{
		{"", "unauthenticated", []string{"post", "--join", "hall", "hello"}},
		{"forged", "unauthenticated", []string{"post", "--join", "hall", "hello"}},
		{feed, "permission_denied", []string{"post", "--join", "hall", "hello"}},
		{ann, "", []string{"post", "--join", "hall", "hello"}},
		{ann, "permission_denied", []string{"post", "--user", "bob", "hall", "hello"}},
		{ann, "permission_denied", []string{"post", "--join", "attic", "hello"}},
		{ann, "permission_denied", []string{"import", "--format", "csv", "--define", "auto", file}},
		{"", "unauthenticated", []string{"import", "--format", "csv", file}},
		{feed, "", []string{"import", "--format", "csv", "--define", "auto", file}},
		{feed, "permission_denied", []string{"query", "trades", "GOLD"}},
		{ann, "", []string{"query", "latest", "GOLD"}},
		{"", "unauthenticated", []string{"query", "messages", "hall"}},
		{ann, "", []string{"query", "messages", "hall"}},
	} {
		_, err := s.commandAs(c.token, c.args...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.args, err, c.want)
		}
	}
	for token, want := range map[string]int{"": http.StatusUnauthorized, ann: http.StatusForbidden} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/ingest", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("ingest: %d, want %d", answer.StatusCode, want)
		}
	}
}

// watchHall follows a room with a token, and returns when the first word has
// come; ended waits for the end, and gives what was said of it.
func (s *server) watchHall(token string) (ended func() (trouble string, err error)) {
	s.t.Helper()
	tail := s.command("tail", "--room", "hall")
	tail.Env = append(tail.Env, "OUTCRY_TOKEN="+token)
	out, err := tail.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	var said bytes.Buffer
	tail.Stderr = &said
	if err := tail.Start(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		s.t.Fatalf("nothing came: %v %s", err, &said)
	}
	return func() (string, error) {
		if _, err := io.Copy(io.Discard, out); err != nil {
			s.t.Error(err)
		}
		err := tail.Wait()
		return said.String(), err
	}
}

// Breaks for users: a key that was taken back goes on showing prices and messages.
func TestAKeyThatIsTakenBackEndsItsStreamWithinASecond(t *testing.T) {
	s, secret, keys := signedIn(t)
	ann := minted(t, "--key", secret, "--user", "ann", "--grant", "see=*", "--grant", "post=*")
	before, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	screen := minted(t, "--user", "screen", "--grant", "see=hall", "--api-key", "--file", keys)
	if _, err := s.commandAs(ann, "post", "--join", "hall", "one"); err != nil {
		t.Fatal(err)
	}
	for { // until the file was read
		if _, err := s.commandAs(screen, "query", "messages", "hall"); err == nil {
			break
		} else if !strings.Contains(err.Error(), "unauthenticated") {
			t.Fatal(err)
		}
	}
	ended := s.watchHall(screen)
	taken := time.Now()
	if err := os.WriteFile(keys, before, 0o600); err != nil {
		t.Fatal(err)
	}
	trouble, err := ended()
	if took := time.Since(taken); err == nil || took > time.Second || !strings.Contains(trouble, "unauthenticated") {
		t.Errorf("after %v: %v: %s", took, err, trouble)
	}
}

// Breaks for users: a revoked person goes on reading, or comes back with the old token after a restart.
func TestARevokedUserStaysOutOverRestarts(t *testing.T) {
	s, secret, _ := signedIn(t)
	token := minter(t, secret)
	root, ann, bob := token("root", "admin=*", "see=outcry:*"), token("ann", "see=*", "post=*"), token("bob", "see=*", "post=*")
	if _, err := s.commandAs(ann, "post", "--join", "hall", "one"); err != nil {
		t.Fatal(err)
	}
	ended := s.watchHall(ann)
	if _, err := s.commandAs(bob, "revoke", "ann"); err == nil || !strings.Contains(err.Error(), "permission_denied") {
		t.Errorf("somebody revokes: %v", err)
	}
	revoked := time.Now()
	said, err := s.commandAs(root, "revoke", "ann")
	if err != nil || !strings.Contains(said, "issued to ann until") {
		t.Fatal(said, err)
	}
	if trouble, err := ended(); err == nil || time.Since(revoked) > time.Second || !strings.Contains(trouble, "unauthenticated") {
		t.Errorf("%v after it: %v: %s", time.Since(revoked), err, trouble)
	}
	for range 2 {
		if _, err := s.commandAs(ann, "query", "messages", "hall"); err == nil || !strings.Contains(err.Error(), "unauthenticated") {
			t.Errorf("the old token: %v", err)
		}
		for _, args := range [][]string{{"post", "--join", identity.RevocationsRoom, "bob"}, {"query", "messages", identity.RevocationsRoom}} {
			if _, err := s.commandAs(bob, args...); err == nil || !strings.Contains(err.Error(), "permission_denied") {
				t.Errorf("the server's own room: %v: %v", args, err)
			}
		}
		s.kill()
		s.startWith(s.cmd.Args[1:]...)
	}
	if said, err := s.commandAs(root, "query", "messages", identity.RevocationsRoom); err != nil || !strings.Contains(said, "ann") {
		t.Errorf("who may administer everything sees %q, %v", said, err)
	}
	for { // a token has whole seconds
		if _, err := s.commandAs(token("ann", "see=*"), "query", "messages", "hall"); err == nil {
			return
		} else if !strings.Contains(err.Error(), "revoked after the token was issued") || time.Since(revoked) > 30*time.Second {
			t.Fatal(err)
		}
	}
}

// Breaks for users: a server where everybody may everything is open to a network; or a secret can be read by others.
func TestASafeStart(t *testing.T) {
	data := t.TempDir()
	out, err := exec.Command(binary, "serve", "--data", data, "--http", "0.0.0.0:0", "--admin", "").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "only loopback is served here") || !strings.Contains(string(out), "docs/SECURITY.md") {
		t.Errorf("%v: %s", err, out)
	}
	secret := filepath.Join(data, "deep", "auth.secret")
	minted(t, "--user", "ann", "--key", secret)
	info, err := os.Stat(secret)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, wrong := range [][]string{{"token"}, {"token", "--user", "ann", "--grant", "see"}, {"token", "--user", "ann", "--grant", "look=*"}} {
		cmd := exec.Command(binary, append(wrong, "--key", secret)...)
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	s := &server{t: t, data: data, home: t.TempDir()}
	s.startWith("serve", "--data", data, "--http", "0.0.0.0:0", "--admin", "", "--partitions", "4", "--auth-secret-file", secret, "--allow-host", "outcry.example")
	t.Cleanup(s.kill)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://["), "]:")
	for host, want := range map[string]int{"outcry.example": http.StatusOK, "evil.example": http.StatusForbidden} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var ready readiness
		if want == http.StatusOK {
			err = json.NewDecoder(answer.Body).Decode(&ready)
		}
		answer.Body.Close()
		if answer.StatusCode != want || err != nil || want == http.StatusOK && ready.SignIn.State != stateReady {
			t.Errorf("%s: %d %+v %v", host, answer.StatusCode, ready, err)
		}
	}
}
