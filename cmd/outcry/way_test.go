package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"outcry/gateways/rpc"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// binary is built once for all tests of this package.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "outcry")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "outcry")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	realEngines.close()
	os.RemoveAll(dir)
	os.Exit(code)
}

// server is a real process on a data folder.
type server struct {
	t    *testing.T
	data string
	home string // of the commands' bookmarks
	http string // where it listens: on any port first, then on the same again
	cmd  *exec.Cmd
	url  string
}

func newServer(t *testing.T) *server { return newServerOn(t, embeddedEngines) }

// newServerOn starts a server whose log and rows are where e says.
func newServerOn(t *testing.T, e engineSet) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	e.settle(t, s.data)
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start runs the process and waits until it says where it is.
func (s *server) start() {
	s.t.Helper()
	s.startWith("serve", "--data", s.data, "--http", s.http, "--admin", "", "--partitions", "4")
}

// startWith starts it with other flags.
func (s *server) startWith(args ...string) {
	s.t.Helper()
	s.cmd = exec.Command(binary, args...)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "Outcry is open at "); ok {
			s.url, s.http = url, strings.TrimPrefix(url, "http://")
			return
		}
	}
	s.t.Fatalf("the server ended before it was open: %v", s.cmd.Wait())
}

// kill ends the process as a power switch does, for the process.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // it was killed, and says so
	}
}

// stop ends it kindly.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("stopping: %v", err)
	}
}

func (s *server) client() outcryv1connect.OutcryClient { return rpc.NewClient(s.url, "") }

func (s *server) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Env = append(os.Environ(), "OUTCRY_SERVER="+s.url, "XDG_CACHE_HOME="+s.home)
	return c
}

// run gives a command's output; it must succeed.
func (s *server) run(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).Output()
	if err != nil {
		text := ""
		if exit, ok := err.(*exec.ExitError); ok {
			text = string(exit.Stderr)
		}
		s.t.Fatalf("outcry %s: %v\n%s%s", strings.Join(args, " "), err, out, text)
	}
	return string(out)
}

func shared(t *testing.T, parts ...string) string {
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs ../shared/data beside the project: %v", err)
	}
	return path
}

// oracle compares the bars of an instrument with the independent ones, in every field, none extra, none missing.
func (s *server) oracle(instrument, file string) {
	s.t.Helper()
	for _, resolution := range []string{"1s", "1m"} {
		f, err := os.Open(shared(s.t, "binance", "bars_"+file+"_"+resolution+".csv"))
		if err != nil {
			s.t.Fatal(err)
		}
		defer f.Close()
		want, err := csv.NewReader(f).ReadAll()
		if err != nil {
			s.t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(s.run("query", "bars", instrument, "--resolution", resolution, "--limit", "0", "--format", "csv"))).ReadAll()
		if err != nil {
			s.t.Fatal(err)
		}
		if len(got) != len(want) {
			s.t.Errorf("%s %s: %d bars, want %d", instrument, resolution, len(got)-1, len(want)-1)
			continue
		}
		for i := range want[1:] {
			w, g := byName(want, i+1), byName(got, i+1)
			for field, value := range w {
				if !same(value, g[field]) {
					s.t.Errorf("%s %s at %s: %s is %s, want %s", instrument, resolution, w["time"], field, g[field], value)
				}
			}
		}
	}
}

func byName(rows [][]string, i int) map[string]string {
	m := map[string]string{}
	for c, name := range rows[0] {
		m[name] = rows[i][c]
	}
	return m
}

// same compares decimals of different places.
func same(a, b string) bool {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

var captures = []struct{ venue, file string }{
	{"BINANCE", "spot_btcusdt_20240808.jsonl.gz"}, {"BINANCE", "spot_btcusdt_20240809.jsonl.gz"},
	{"BINANCE", "spot_ethusdt_20240808.jsonl.gz"},
	{"BINANCE-USDM", "usdm_btcusdt_20240808.jsonl.gz"}, {"BINANCE-USDM", "usdm_ethusdt_20240808.jsonl.gz"},
}

func (s *server) allBars() {
	s.t.Helper()
	s.oracle("BINANCE:BTCUSDT", "spot.BTCUSDT")
	s.oracle("BINANCE:ETHUSDT", "spot.ETHUSDT")
	s.oracle("BINANCE-USDM:BTCUSDT", "usdm.BTCUSDT")
	s.oracle("BINANCE-USDM:ETHUSDT", "usdm.ETHUSDT")
}

// A bar that differs from the exchange's own trades is a wrong chart; an
// import that counts twice is a wrong volume.
func TestImportedCapturesGiveTheIndependentBars(t *testing.T) {
	shared(t, "binance")
	onEachEngine(t, importedCaptures)
}

func importedCaptures(t *testing.T, e engineSet) {
	s := newServerOn(t, e)
	for _, c := range captures {
		s.run("import", "--format", "binance", "--venue", c.venue, "--define", "auto", shared(t, "binance", c.file))
	}
	s.allBars()
	again := s.run("import", "--format", "binance", "--define", "auto", shared(t, "binance", captures[2].file))
	if !strings.Contains(again, " 0 accepted") {
		t.Errorf("importing again: %s", again)
	}
	s.allBars()
	s.run("replay", "--data", s.data, "--verify")
	s.stop()
	if e.name == "embedded" {
		s.run("log", "check", "--data", s.data)
	}
	s.start()
	s.allBars()
	s.run("replay", "--data", s.data, "--verify")
}

// Everything that people said in the archive must be in the room.
func TestIRCSpansImportWhole(t *testing.T) { onEachEngine(t, ircSpans) }

func ircSpans(t *testing.T, e engineSet) {
	files, err := filepath.Glob(filepath.Join(shared(t, "irc"), "*.raw.txt.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	s := newServerOn(t, e)
	s.run(append([]string{"import", "--format", "irc"}, files...)...)
	rows, err := csv.NewReader(strings.NewReader(s.run("query", "messages", "ubuntu", "--limit", "0", "--format", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for i := range rows[1:] {
		kinds[byName(rows, i+1)["kind"]]++
	}
	want := map[string]int{"post": 20995, "action": 133, "join": 1907, "leave": 329, "rename": 338, "system": 50}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("the room has %v, the files have %v", kinds, want)
	}
}

// A second server on the same folder would tear the log apart.
func TestASecondProcessOnTheSameFolderIsRefused(t *testing.T) {
	s := newServer(t)
	out, err := exec.Command(binary, "serve", "--data", s.data, "--http", "127.0.0.1:0", "--admin", "").CombinedOutput()
	if err == nil || !strings.Contains(string(out), s.data) {
		t.Errorf("%v: %s", err, out)
	}
}

// Misuse must say what to do, with its own exit code.
func TestMisuseExitsWithTwo(t *testing.T) {
	for _, args := range [][]string{{"nonsense"}, {"import"}, {"query"}, {"query", "bars"}, {"query", "bars", "X", "--resolution", "7"},
		{"serve", "--http", "0.0.0.0:1"}, {"log", "show", "nowhere"}, {"version", "--nonsense"}} {
		cmd := exec.Command(binary, args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), "--help says more") {
			t.Errorf("outcry %v: exit code %d, %s", args, code, out)
		}
	}
}
