package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"outcry/bench/path"
)

// printed runs a command and reads its JSON lines.
func (s *server) printed(args ...string) (rows []map[string]string) {
	s.t.Helper()
	for line := range strings.Lines(s.run(args...)) {
		row := map[string]string{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			s.t.Fatalf("%v in %s", err, line)
		}
		rows = append(rows, row)
	}
	return rows
}

// Breaks for users: who operates a server could not see who is connected, nor
// end a session that does harm.
func TestOperatorsListShowAndKickSessions(t *testing.T) {
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	t.Cleanup(s.kill)
	s.startWith("serve", "--data", s.data, "--http", s.http, "--admin", "127.0.0.1:0", "--partitions", "4")
	known(t, s.client(), "ACME")
	w, err := path.DialWatch(s.http, []string{"ACME"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	rows := s.printed("sessions", "--data", s.data, "--json", "--transport", "ws", "--state", "live")
	if len(rows) != 1 || rows[0]["subscriptions"] != "1" || !strings.HasPrefix(rows[0]["address"], "127.0.0.1:") || rows[0]["lag"] != "0" {
		t.Fatalf("the list: %v", rows)
	}
	id := rows[0]["session"]
	if none := s.printed("sessions", "--data", s.data, "--json", "--user", "nobody"); len(none) != 0 {
		t.Errorf("of nobody: %v", none)
	}
	topics := s.printed("sessions", "show", id, "--data", s.data, "--json")
	if len(topics) != 1 || topics[0]["channel"] != "quote" || topics[0]["id"] != "ACME" || topics[0]["max_per_second"] != "10" || topics[0]["published"] == "" || topics[0]["lost"] != "0" {
		t.Errorf("its topics: %v", topics)
	}
	if out := s.run("sessions", "kick", id, "--reason", "out you go", "--data", s.data); !strings.Contains(out, "ended") {
		t.Errorf("kick said %s", out)
	}
	for err == nil { // what was under way comes first
		err = w.Read()
	}
	if s.printed("sessions", "--data", s.data, "--json") != nil {
		t.Error("it is still there")
	}
	cmd := s.command("sessions", "kick", id, "--data", s.data)
	var exit *exec.ExitError
	if out, err := cmd.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "there is no session") {
		t.Errorf("kicked twice: %v, %s", err, out)
	}
}
