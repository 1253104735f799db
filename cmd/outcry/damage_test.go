package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	outcryv1 "outcry/proto/outcry/v1"
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

// Breaks for users: after a disaster there is no way on, or clients take the
// past that is gone for the one that is there.
func TestAnAdoptedLogGoesOnAndTellsClientsToBeginAnew(t *testing.T) {
	s := talked(t)
	old := t.TempDir()
	if err := os.CopyFS(filepath.Join(old, "log"), os.DirFS(filepath.Join(s.data, "log"))); err != nil {
		t.Fatal(err)
	}
	s.start()
	before := lineageOf(t, s)
	s.run("post", "floor", "of the lost past", "--user", "ann")
	s.stop()
	if err := errors.Join(os.RemoveAll(filepath.Join(s.data, "log")), os.CopyFS(filepath.Join(s.data, "log"), os.DirFS(filepath.Join(old, "log")))); err != nil {
		t.Fatal(err)
	}
	says(t, s.refused(), "the log is not the one that was folded", "outcry log adopt --data "+s.data)
	says(t, s.run("log", "adopt", "--data", s.data), "old lineage  "+before, "new lineage", "rows.db.")
	s.start()
	adopted := lineageOf(t, s)
	if adopted == before {
		t.Error("clients are told the lineage of the lost past")
	}
	messages := s.run("query", "messages", "floor", "--limit", "0")
	if !strings.Contains(messages, "first") || strings.Contains(messages, "of the lost past") {
		t.Errorf("the room has\n%s", messages)
	}
	s.run("post", "floor", "onwards", "--user", "ann")
	s.run("replay", "--data", s.data, "--verify")
	s.stop()
	s.start()
	if again := lineageOf(t, s); again != adopted {
		t.Errorf("after a restart clients are told %s, before %s", again, adopted)
	}
}

// Breaks for users: a wrong address serves another firm's tape under the cursors of this one.
func TestAnotherLogThanTheOneThatWasServedIsRefused(t *testing.T) {
	s, other := talked(t), talked(t)
	if err := errors.Join(os.RemoveAll(filepath.Join(s.data, "log")), os.Rename(filepath.Join(other.data, "log"), filepath.Join(s.data, "log"))); err != nil {
		t.Fatal(err)
	}
	says(t, s.refused(), "served another log", "another folder with --data", "outcry log adopt")
}

func lineageOf(t *testing.T, s *server) string {
	t.Helper()
	info, err := s.client().Info(t.Context(), &outcryv1.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return info.Lineage
}

// Breaks for users: a full disk loses what was acknowledged, hangs instead of
// saying so, or needs a restart when there is room again.
func TestAFullDiskRefusesCommandsAndGoesOnWhenThereIsRoom(t *testing.T) {
	for name, left := range map[string]int64{"nothing is left": 0, "a part of a record fits": 700 << 10} {
		t.Run(name, func(t *testing.T) { fullDisk(t, left) })
	}
}

func fullDisk(t *testing.T, left int64) {
	small := t.TempDir()
	if err := mountSmall(small, 16<<20); err != nil {
		t.Skipf("needs to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { unmount(t, small) })
	s := &server{t: t, data: filepath.Join(small, "data"), home: t.TempDir(), http: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.kill)
	s.run("post", "floor", "before", "--user", "ann", "--join")
	ballast := filepath.Join(small, "ballast")
	fillUp(t, ballast, left)

	acknowledged, said := []string{"before"}, ""
	for i := 0; said == "" && i < 2000; i++ {
		text := fmt.Sprint(i, strings.Repeat(" full", 300))
		if e := s.say("floor", "ann", text); e != nil {
			said = e.Text
		} else {
			acknowledged = append(acknowledged, text)
		}
	}
	if !strings.Contains(said, "the disk is full") {
		t.Fatalf("on a full disk, after %d posts, a post is answered: %q", len(acknowledged), said)
	}
	if left > 0 && len(acknowledged) < 50 {
		t.Errorf("only %d posts were taken while there was room", len(acknowledged))
	}
	if e := s.say("floor", "ann", "again"); e == nil || !strings.Contains(e.Text, "the disk is full") {
		t.Errorf("a second post is answered: %v", e)
	}
	s.run("query", "messages", "floor", "--limit", "1") // reading goes on

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		text := fmt.Sprint("after ", i)
		if e := s.say("floor", "ann", text); e != nil {
			t.Fatalf("with room again: %v", e)
		}
		acknowledged = append(acknowledged, text)
	}
	s.eachOnce(acknowledged)
	s.kill()
	s.start()
	s.eachOnce(acknowledged)
	s.stop()
	s.run("log", "check", "--data", s.data)
}

// fillUp writes a file that leaves so many bytes of its disk.
func fillUp(t *testing.T, name string, left int64) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(name), &st); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zeros := make([]byte, 1<<20)
	for free := int64(st.Bavail)*st.Bsize - left; free > 0 && err == nil; free -= int64(len(zeros)) {
		_, err = f.Write(zeros[:min(free, int64(len(zeros)))])
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// say posts as a client with a connection of its own; nil is acknowledged.
func (s *server) say(room, user, text string) *outcryv1.Error {
	s.t.Helper()
	id := newMessageID(s.t)
	answer, err := s.client().Submit(s.t.Context(), &outcryv1.SubmitRequest{User: user, Command: &outcryv1.Command{
		Room: room, ClientMsgId: id, Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(text), Characters: uint32(len(text))}}}}})
	if err != nil {
		return &outcryv1.Error{Text: err.Error()}
	}
	return answer.GetAnswer().GetError()
}

func newMessageID(t *testing.T) []byte {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id[:]
}

// eachOnce looks for texts in a room.
func (s *server) eachOnce(texts []string) {
	s.t.Helper()
	there := s.run("query", "messages", "floor", "--limit", "0", "--format", "csv")
	for _, text := range texts {
		if n := strings.Count(there, ","+text+","); n != 1 {
			s.t.Errorf("%.20q was acknowledged and is there %d times", text, n)
		}
	}
}

// A demo whose disk was full for a moment must not have ended its market.
func TestTheDemosMarketGoesOnAfterAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := mountSmall(small, 128<<20); err != nil {
		t.Skipf("needs to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { unmount(t, small) })
	s := &screened{server: server{t: t, data: filepath.Join(small, "data"), home: t.TempDir()}, args: []string{"demo"}, http: "127.0.0.1:0"}
	s.begin()
	t.Cleanup(s.kill)
	s.says("  history      ")
	s.run("post", "demo-floor", "before", "--user", "ann", "--join")
	ballast := filepath.Join(small, "ballast")
	fillUp(t, ballast, 0)
	waitUntil(t, "a post is refused", func() bool { return s.say("demo-floor", "ann", "full?") != nil })
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "a post is taken", func() bool { return s.say("demo-floor", "ann", "full?") == nil })
	before := s.seq("DEMO:QUARK")
	waitUntil(t, "the market moves", func() bool { return s.seq("DEMO:QUARK") > before })
}

func (s *server) seq(instrument string) uint64 {
	s.t.Helper()
	answer, err := s.client().Latest(s.t.Context(), &outcryv1.LatestRequest{Instruments: []string{instrument}})
	if err != nil || len(answer.GetInstruments()) != 1 {
		s.t.Fatalf("latest: %v, %v", answer, err)
	}
	return answer.GetInstruments()[0].GetSeq()
}

// waitUntil asks again and again, as a person would.
func waitUntil(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Breaks for users: a check beside a running server says that what people say
// this moment will be cut off, or finds damage where there is none.
func TestLogCheckBesideARunningServerIsTrue(t *testing.T) {
	s := newServer(t)
	s.run("post", "floor", "first", "--user", "ann", "--join")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if e := s.say("floor", "ann", fmt.Sprint(i)); e != nil {
					t.Errorf("posting: %v", e)
					return
				}
			}
		}
	}()
	for range 10 {
		out := s.run("log", "check", "--data", s.data)
		if !strings.Contains(out, fmt.Sprintf("in use    by the running server with process id %d:", s.cmd.Process.Pid)) ||
			strings.Contains(out, "cut off") || !strings.Contains(out, "The log is whole.") {
			t.Errorf("log check says:\n%s", out)
		}
	}
	close(stop)
	<-stopped
	s.stop()
	if out := s.run("log", "check", "--data", s.data); strings.Contains(out, "in use") {
		t.Errorf("without a server, log check says:\n%s", out)
	}
}
