package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: who watches a room in a terminal misses a message, or reads
// it twice, because the server was killed meanwhile.
func TestTailGoesOnWithoutGapOrDoubleWhenTheServerWasKilled(t *testing.T) {
	s := newServer(t)
	s.run("post", "floor", "0", "--user", "ann", "--join")
	tail := s.command("tail", "--room", "floor", "--after", "1", "--json", "--count", "9")
	tail.Stderr = os.Stderr
	out, err := tail.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := range 9 {
		if n > 0 {
			s.run("post", "floor", fmt.Sprint(n), "--user", "ann")
		}
		if n%3 == 1 { // this one may or may not be printed yet
			s.kill()
			s.start()
		}
		if !lines.Scan() {
			t.Fatalf("tail ended before message %d: %v", n, lines.Err())
		}
		var got map[string]string
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["text"] != fmt.Sprint(n) || got["seq"] != fmt.Sprint(n+2) {
			t.Fatalf("line %d is %v", n, got)
		}
	}
	if lines.Scan() || tail.Wait() != nil {
		t.Errorf("after its last line tail goes on: %s", lines.Text())
	}
}

// Breaks for users: tail shows numbers that nobody can read, or nothing of what is not there.
func TestTailShowsPricesAsPeopleReadThem(t *testing.T) {
	s := newServer(t)
	known(t, s.client(), "X:GOLD")
	r := &outcryv1.IngestRequest{Source: "t", Epoch: "1", Mode: outcryv1.Mode_MODE_IMPORT}
	for i := range 3 {
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: "X:GOLD", Line: uint64(i + 1), Event: &outcryv1.IngestEvent_Trade{Trade: &outcryv1.Trade{
			SourceSeq: uint64(i + 1), EventTimeNs: 1_723_161_600_000_000_000 + int64(i)*1_000_000_000, Price: 12_50000000, Size: 3_00000000, Side: outcryv1.Side_SIDE_BUY}}})
	}
	if _, err := s.client().Ingest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--trades --after 0 --count 2", "2024-08-09T00:00:00.000Z  X:GOLD  trade #2  12.50 × 3  buy\n2024-08-09T00:00:01.000Z  X:GOLD  trade #3  12.50 × 3  buy\n"},
		{"--bars 1s --after 0 --count 1", "2024-08-09T00:00:00Z  X:GOLD  bar 1s #1  open 12.50  high 12.50  low 12.50  close 12.50  volume 3  trades 1  closed\n"},
		{"--count 1", "2024-08-09T00:00:02.000Z  X:GOLD  last 12.50  bid -  ask -\n"},
	} {
		if got := s.run(append([]string{"tail", "X:GOLD"}, strings.Fields(c.args)...)...); got != c.want {
			t.Errorf("tail %s: got\n%swant\n%s", c.args, got, c.want)
		}
	}
	out, err := s.command("tail", "X:SALT").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "X:SALT") {
		t.Errorf("of an instrument that is not there: %s", out)
	}
}
