package main

import (
	"encoding/csv"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// queried is a server with a little of everything.
func queried(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.run("import", "--format", "csv", "--define", "auto", s.file("a.csv", "time,instrument,price,size,side\n"+second+",Q,1.5,2,buy\n2020-01-02T03:05:05Z,Q,2.5,1,sell\n"))
	s.run("import", "--format", "csv", "--define", "auto", s.file("b.csv", "time,instrument,bid_price,ask_price\n"+second+",Q,1.4,1.6\n"))
	s.run("post", "floor", `say "hi", all`, "--user", "ann", "--join")
	s.listed("Q,", "instruments")
	s.listed("floor,", "rooms")
	s.listed("floor,", "rooms", "--user", "ann")
	s.listed("ann,", "members", "floor")
	return s
}

// listed looks for what was just acknowledged: its row may be written two
// seconds later, but whoever was answered looks now.
func (s *server) listed(line string, what ...string) {
	s.t.Helper()
	if list := s.run(append([]string{"query", "--format", "csv"}, what...)...); !strings.Contains(list, "\n"+line) {
		s.t.Errorf("%v does not list %q:\n%s", what, line, list)
	}
}

// A script reads csv or JSON, a person a table; all must be of the same.
func TestEveryQueryPrintsTablesCSVAndJSON(t *testing.T) {
	s := queried(t)
	for _, c := range []struct {
		args []string
		want map[string]string // of the last row
	}{
		{[]string{"instruments"}, map[string]string{"instrument": "Q", "last": "2.50", "bid": "1.40", "ask": "1.60", "volume": "3", "trades": "2"}},
		{[]string{"latest", "Q"}, map[string]string{"instrument": "Q", "open": "1.50", "high": "2.50", "low": "1.50"}},
		{[]string{"bars", "Q"}, map[string]string{"time": "1577934300", "close": "2.50000000", "volume": "1.00000000", "buy_volume": "0.00000000", "state": "forming"}},
		{[]string{"bars", "Q", "--resolution", "1h", "--from", "2020-01-02T03:00:00Z"}, map[string]string{"time": "1577934000", "open": "1.50000000", "trades": "2"}},
		{[]string{"trades", "Q"}, map[string]string{"price": "2.50000000", "side": "sell", "time": "2020-01-02T03:05:05.000Z"}},
		{[]string{"rooms"}, map[string]string{"room": "floor", "head_seq": "2", "members": "1", "messages": "1"}},
		{[]string{"members", "floor"}, map[string]string{"user": "ann", "role": "owner", "present": "true"}},
		{[]string{"messages", "floor"}, map[string]string{"seq": "2", "user": "ann", "kind": "post", "text": `say "hi", all`}},
	} {
		rows, err := csv.NewReader(strings.NewReader(s.run(append([]string{"query", "--format", "csv"}, c.args...)...))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%v: %d rows, %v", c.args, len(rows), err)
		}
		lines := strings.Split(strings.TrimSpace(s.run(append([]string{"query", "--json"}, c.args...)...)), "\n")
		table := strings.Split(strings.TrimSpace(s.run(append([]string{"query"}, c.args...)...)), "\n")
		if len(lines) != len(rows)-1 || len(table) != len(rows) || !strings.HasPrefix(strings.TrimSpace(table[0]), strings.ToUpper(rows[0][0])) {
			t.Errorf("%v: csv has %d rows, JSON %d lines, the table %d:\n%s", c.args, len(rows), len(lines), len(table), strings.Join(table, "\n"))
		}
		var object map[string]string
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &object); err != nil {
			t.Errorf("%v: %v in %s", c.args, err, lines[len(lines)-1])
		}
		last := byName(rows, len(rows)-1)
		for field, want := range c.want {
			if last[field] != want || object[field] != want || !strings.Contains(table[len(table)-1], want) {
				t.Errorf("%v: %s is %q in csv, %q in JSON, want %q; the table ends with %s", c.args, field, last[field], object[field], want, table[len(table)-1])
			}
		}
	}
}

// Someone new mistypes a name; what is wrong and what there is must be said.
func TestQueriesOfWhatIsNotThereSaySo(t *testing.T) {
	s := queried(t)
	for want, args := range map[string][]string{
		"unknown instrument: NOPE":  {"query", "bars", "NOPE"},
		"unknown instruments: NOPE": {"query", "latest", "Q", "NOPE"},
		"unknown instrument: NO":    {"query", "trades", "NO"},
		"unknown room: nope":        {"query", "messages", "nope"},
		"unknown room: never":       {"query", "members", "never"},
		"--join joins first":        {"post", "nowhere", "hi", "--user", "bob"},
		"no server answers at http": {"query", "rooms", "--server", "127.0.0.1:1"},
		"there is no server.json":   {"query", "rooms", "--data", t.TempDir(), "--server", ""},
	} {
		says(t, s.fails(1, args...), want)
	}
	for want, args := range map[string][]string{
		"unknown --format \"xml\"; there are table, csv, json": {"query", "rooms", "--format", "xml", "--server", "127.0.0.1:1"},
		"there are 1s 1m 5m 15m 1h 1d":                         {"query", "bars", "Q", "--resolution", "7"},
		"neither RFC 3339 nor seconds":                         {"query", "bars", "Q", "--from", "yesterday"},
		"at most the newest 50000":                             {"query", "bars", "Q", "--limit", "60000"},
		"unknown query \"prices\"":                             {"query", "prices"},
		"an instrument is needed":                              {"query", "bars"},
		"unexpected argument":                                  {"query", "rooms", "x"},
	} {
		says(t, s.fails(2, args...), want, "--help says more")
	}
}

// The help is the first page that a new user reads.
func TestEveryCommandSaysWhatItIsFor(t *testing.T) {
	all := newRoot().Commands()
	for len(all) > 0 {
		c := all[0]
		all = append(all[1:], c.Commands()...)
		if c.Hidden { // a part of another command, started by it
			continue
		}
		out, err := exec.Command(binary, append(strings.Fields(c.CommandPath())[1:], "--help")...).CombinedOutput()
		if err != nil || c.Short == "" || !strings.Contains(string(out), "Usage:\n  "+c.CommandPath()) {
			t.Errorf("%s --help: %v\n%s", c.CommandPath(), err, out)
		}
	}
}
