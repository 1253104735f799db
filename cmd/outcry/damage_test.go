package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// talked is a folder of a server that was stopped after some posts.
func talked(t *testing.T) *server {
	s := newServer(t)
	s.run("post", "floor", "first", "--user", "ann", "--join")
	for i := range 20 {
		s.run("post", "floor", fmt.Sprint(i), "--user", "ann")
	}
	s.stop()
	return s
}

// refused starts a server that must not start, and gives what it says.
func (s *server) refused() string {
	s.t.Helper()
	out, err := exec.Command(binary, "serve", "--data", s.data, "--http", "127.0.0.1:0", "--admin", "").CombinedOutput()
	if err == nil {
		s.t.Fatalf("the server started and ended well: %s", out)
	}
	return string(out)
}

// Breaks for users: a damaged log is served as if it were whole, or refused
// without a word on where to look.
func TestAFlippedBitInTheMiddleIsRefusedWithItsPlace(t *testing.T) {
	s := talked(t)
	name := filepath.Join(s.data, "log", "000000000001.seg")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte("first"))] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	check, err := exec.Command(binary, "log", "check", "--data", s.data).CombinedOutput()
	if err == nil {
		t.Errorf("log check is content: %s", check)
	}
	for what, text := range map[string]string{"serve": s.refused(), "log check": string(check)} {
		if !strings.Contains(text, "000000000001.seg") || !strings.Contains(text, "byte ") || !strings.Contains(text, "room/") {
			t.Errorf("%s does not name the place: %s", what, text)
		}
	}
}

// Breaks for users: an old copy of the log is put back, and what people saw
// gets other numbers.
func TestALogOlderThanItsCheckpointIsRefusedWithThePlace(t *testing.T) {
	s := talked(t)
	old := t.TempDir()
	if err := os.CopyFS(filepath.Join(old, "log"), os.DirFS(filepath.Join(s.data, "log"))); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.run("post", "floor", "later", "--user", "ann")
	s.stop()
	if err := os.RemoveAll(filepath.Join(s.data, "log")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(s.data, "log"), os.DirFS(filepath.Join(old, "log"))); err != nil {
		t.Fatal(err)
	}
	text := s.refused()
	if !strings.Contains(text, "the log is not the one that was folded") || !strings.Contains(text, "the checkpoint is at room/") {
		t.Errorf("the server says: %s", text)
	}
}

// Breaks for users: a full disk loses what was acknowledged, or hangs instead of saying so.
func TestAFullDiskRefusesCommandsAndLosesNothing(t *testing.T) {
	small := t.TempDir()
	if err := mountSmall(small, 8<<20); err != nil {
		t.Skipf("needs to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { unmount(t, small) })
	s := &server{t: t, data: filepath.Join(small, "data"), home: t.TempDir(), http: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.kill)
	s.run("post", "floor", "before", "--user", "ann", "--join")
	ballast := filepath.Join(small, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o600); err != nil && !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
		t.Fatal(err)
	}
	acknowledged := []string{"before"}
	said := ""
	for i := 0; said == "" && i < 200; i++ {
		text := fmt.Sprint(i, strings.Repeat(" full", 300))
		out, err := s.command("post", "floor", text, "--user", "ann").CombinedOutput()
		if err != nil {
			said = string(out)
		} else {
			acknowledged = append(acknowledged, text)
		}
	}
	if !strings.Contains(said, "outcome_unknown") && !strings.Contains(said, "OUTCOME_UNKNOWN") && !strings.Contains(said, "UNAVAILABLE") && !strings.Contains(said, "full") {
		t.Errorf("on a full disk a post is answered: %s", said)
	}
	s.kill()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.run("post", "floor", "after", "--user", "ann")
	there := s.run("query", "messages", "floor", "--limit", "0", "--format", "csv")
	for _, text := range append(acknowledged, "after") {
		if strings.Count(there, ","+text+",") != 1 {
			t.Errorf("%.20q was acknowledged and is there %d times", text, strings.Count(there, ","+text+","))
		}
	}
	s.run("log", "check", "--data", s.data)
}
