package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fails runs a command that must end with this code, and gives all it printed.
func (s *server) fails(code int, args ...string) string {
	s.t.Helper()
	cmd := s.command(args...)
	out, _ := cmd.CombinedOutput() // the exit code is looked at
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("outcry %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, out)
	}
	if bytes.Contains(out, []byte("panic")) || bytes.Contains(out, []byte("goroutine ")) {
		s.t.Errorf("outcry %s panics: %s", strings.Join(args, " "), out)
	}
	return string(out)
}

func (s *server) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// says demands every piece of text in what was printed.
func says(t *testing.T, printed string, pieces ...string) {
	t.Helper()
	for _, p := range pieces {
		if !strings.Contains(printed, p) {
			t.Errorf("nothing says %q in:\n%s", p, printed)
		}
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const second = "2020-01-02T03:04:05Z"

// capture is a line of an exchange's stream; time is in ms since 1970.
func capture(at, price, size, time string) string {
	return fmt.Sprintf(`%s {"stream":"x@trade","data":{"e":"trade","E":1,"s":"X","t":7,"p":"%s","q":"%s","T":%s,"m":true,"M":true}}`+"\n", at, price, size, time)
}

// lineCases are files with good lines around bad ones. Of every file two inputs must get in: the definition and one trade, or two messages.
var lineCases = []struct {
	name, format, file, content string
	refused                     int
	reasons                     []string // after "file:"
}{
	{"csv", "csv", "a.csv", "time,instrument,price,size\n" +
		second + ",A,1,2\n" + second + ",A,abc,2\n" + second + ",A,1\n" + second + ",A,1,-2\n" + second + ",A,NaN,2\n" +
		second + ",A,+Inf,2\n" + second + ",A,99999999999999,2\n" + second + ",A,0.123456789,2\n" + "1577934245,A,1,2\n" +
		second + ",A\xff,1,2\n" + second + ",A,1,0\n" + second + ",A b,1,2\n" + strings.Repeat("1", 10<<20) + "\n" + ",A,1,2\n", 13,
		[]string{"3: price: reading \"abc\": not a decimal number", "4: 3 columns instead of 4", "5: size -2 is negative", "6: price: reading \"NaN\"",
			"7: price: reading \"+Inf\"", "8: price: reading \"99999999999999\" with exponent -8: too large", "9: price: reading \"0.123456789\" with exponent -8: more decimal places",
			"10: reading time: 1577934245 is an integer: give --time-unit", "11: line is not valid UTF-8", "12: A: the size 0 of the trade is not above zero",
			"13: invalid id: the name \"A b\"", "14: line is longer than 1048576 bytes", "15: no time"}},
	{"ndjson", "ndjson", "b.ndjson", `{"time":"` + second + `","instrument":"B","price":1,"size":2}` + "\n" +
		"{\n[1]\nnull\n" + `{"time":"` + second + `","instrument":"B","price":1,"size":2}}` + "\n" +
		`{"time":"` + second + `","instrument":"B","price":NaN,"size":2}` + "\n" + `{"time":"` + second + `","instrument":"B","price":1e400,"size":2}` + "\n" +
		`{"time":"` + second + `","instrument":"B","price":{"a":1},"size":2}` + "\n" + `{"time":"` + second + `","instrument":"B","size":2}` + "\n" +
		`{"time":true,"instrument":"B","price":1,"size":2}` + "\n" + `{"time":"` + second + `","instrument":"B","price":1,"size":2,"venue":"` + strings.Repeat("v", 300) + `"}` + "\n", 10,
		[]string{"2: reading JSON", "3: reading JSON", "4: reading JSON: not an object", "5: reading JSON: something stands after the object", "6: reading JSON: invalid character 'N'",
			"7: price: reading \"1e400\" with exponent -8: too large", "8: field price is neither a string nor a number", "9: no price", "10: field time is neither", "11: B: venue must have at most 128 bytes"}},
	{"binance", "binance", "c.jsonl", capture("1723161253000000000", "1.5", "2", "1723161253000") +
		"yesterday {}\n" + capture("1723161253000000000", "x", "2", "1723161253000") + capture("1723161253000000000", "1.5", "-2", "1723161253000") +
		capture("1723161253000000000", "1.5", "2", "1723161253") + capture("-5", "1.5", "2", "1723161253000") + "1723161253000000000 {\"stream\":\"x@trade\",\"data\":null}\n" +
		"1723161253000000000 {\"a\":\n" + "1723161253000000000 {}\n", 8,
		[]string{"2: not a capture", "3: price: reading \"x\"", "4: size -2 is negative", "5: reading time: 1723161253000000 ns is 1970-01-20", "6: reading receive_time",
			"7: reading x@trade: a trade without m", "8: reading JSON", "9: not a message of a combined stream"}},
	{"irc", "irc", "2020-01-02.txt", "[10:00] <ann> hi\n[25:00] <ann> hi\nhi\n[10:00] hi\n=== \n[10:01] <bob> \xff\xfe\n[10:02] <bob> bye\n", 5,
		[]string{"2: 25:00 is no time of the day", "3: neither a post, an action nor a notice", "4: neither a post", "5: neither a post", "6: line is not valid UTF-8"}},
}

// One line that nobody can read must not cost the others, nor vanish uncounted.
func TestBadLinesAreNamedAndCountedAndTheRestIsImported(t *testing.T) {
	s := newServer(t)
	for _, c := range lineCases {
		t.Run(c.name, func(t *testing.T) {
			path := s.file(c.file, c.content)
			printed := s.fails(1, "import", "--format", c.format, "--define", "auto", "--room", "bad", path)
			for _, reason := range c.reasons {
				says(t, printed, path+":"+reason)
			}
			says(t, printed, fmt.Sprintf("2 accepted, 0 duplicates, 0 late, %d refused", c.refused), fmt.Sprintf("%d inputs were refused; everything else is in", c.refused))
		})
	}
}

// A file that can't be read must not cost the files behind it.
func TestBadFilesAreNamedAndTheOthersAreImported(t *testing.T) {
	s := newServer(t)
	good := "time,instrument,price,size\n" + second + ",G,1,2\n"
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	missing, folder := filepath.Join(t.TempDir(), "missing.csv"), t.TempDir()
	cut, junk, head := s.file("cut.gz", zipped(t, good)[:30]), s.file("junk.gz", "\x1f\x8bjunk"), s.file("head.csv", "a,b,c\n1,2,3\n")
	printed := s.fails(1, "import", "--format", "csv", "--define", "auto", s.file("empty.csv", ""), missing, folder, pipe, cut, junk, head, s.file("good.csv", good))
	says(t, printed, "empty.csv: 0 lines: 0 accepted", missing+": no such file", folder+": a directory", pipe+": a pipe",
		cut+": reading the whole of it, before anything is sent: the gzip data are cut off or damaged", junk+": ", "gzip",
		head+":1: the header \"a,b,c\" has not the columns", "good.csv: 2 lines: 2 accepted", "6 of 8 files could not be read; everything else is in")
	if n := strings.Count(printed, "the header"); n != 1 {
		t.Errorf("a wrong header is told %d times", n)
	}
}

// Half a download, imported, would be counted again when the whole file comes.
func TestOfAFileThatIsCutOffNothingIsImported(t *testing.T) {
	s := newServer(t)
	var b strings.Builder
	b.WriteString("time,instrument,price,size\n")
	for i := range 30_000 {
		fmt.Fprintf(&b, "%s,CUT,%d.%d,2\n", second, i%97+1, i%89)
	}
	whole := zipped(t, b.String())
	s.fails(1, "import", "--format", "csv", "--define", "auto", "--batch", "100", s.file("a.csv.gz", whole[:len(whole)-9]))
	says(t, s.fails(1, "query", "bars", "CUT"), "unknown instrument: CUT")
	says(t, s.run("import", "--format", "csv", "--define", "auto", s.file("a.csv.gz", whole)), "30001 accepted, 0 duplicates, 0 late, 0 refused")
}

// A file without line ends must be told in a line, and end; that it takes no
// memory is shown where memory can be measured, in internal/feed.
func TestALineOfAGigabyteIsRefusedAndTheNextIsRead(t *testing.T) {
	s := newServer(t)
	path := s.file("huge.csv", "")
	if err := os.Truncate(path, 1<<30); err != nil { // zeros that take no disk
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, "\n"+second+",1,2\n"); err != nil {
		t.Fatal(err)
	}
	says(t, s.fails(1, "import", "--format", "csv", "--columns", "time,price,size", "--instrument", "HUGE", "--define", "auto", path), "huge.csv:1: line is longer than 1048576 bytes", "2 lines: 2 accepted, 0 duplicates, 0 late, 1 refused")
}

// A script tells by the exit code whether to fix its command or its data.
func TestImportsThatAreMisusedExitWithTwo(t *testing.T) {
	s := newServer(t)
	path := s.file("a.csv", "time,instrument,price,size\n")
	for want, args := range map[string][]string{
		"--format is needed":      {path},
		"unknown format \"xml\"":  {"--format", "xml", path},
		"unknown kind":            {"--format", "csv", "--kind", "x", path},
		"unknown time unit":       {"--format", "csv", "--time-unit", "h", path},
		"write ours=theirs":       {"--format", "csv", "--map", "x", path},
		"\"x\" is no field":       {"--format", "csv", "--map", "x=y", path},
		"there is only auto":      {"--format", "csv", "--define", "x", path},
		"--batch 0":               {"--format", "csv", "--batch", "0", path},
		"a file is needed":        {"--format", "csv"},
		"unknown flag: --nothing": {"--nothing"},
	} {
		says(t, s.fails(2, append([]string{"import"}, args...)...), want, "outcry import --help says more")
	}
}

// A file with more venues and conditions than one batch has words for is unusual, not wrong.
func TestManyVenuesInOneBatchAreImportedWhole(t *testing.T) {
	s := newServer(t)
	var b strings.Builder
	b.WriteString("time,instrument,price,size,venue,conditions\n")
	for i := range 40_000 {
		fmt.Fprintf(&b, "%s,W,1,2,v%d,c%d\n", second, i, i)
	}
	says(t, s.run("import", "--format", "csv", "--define", "auto", "--batch", "50000", s.file("a.csv", b.String())), "40001 accepted, 0 duplicates, 0 late, 0 refused")
}

// A price moved by a power of ten is worse than one that is refused: what an
// exponent cannot hold is refused, and an exponent never changes.
func TestAnExponentIsNeverBentNorChanged(t *testing.T) {
	s := newServer(t)
	ticks := s.file("a.csv", "time,instrument,price,size\n"+second+",E,1.25,2\n"+second+",E,1.255,2\n"+second+",E,1.5,2.5\n")
	printed := s.fails(1, "import", "--format", "csv", "--definitions", s.file("two.csv", "instrument,price_exponent,size_exponent\nE,-2,0\n"), ticks)
	says(t, printed, ticks+":3: price: reading \"1.255\" with exponent -2: more decimal places", ticks+":4: size: reading \"2.5\" with exponent 0: more decimal places", "2 accepted")
	other := s.file("b.csv", "time,instrument,price,size\n"+second+",E,7.25,1\n")
	printed = s.fails(1, "import", "--format", "csv", "--definitions", s.file("eight.csv", "instrument,price_exponent,size_exponent\nE,-8,-8\n"), other)
	says(t, printed, other+":2: the definition of E has exponents -8 and -8, but it was accepted with -2 and 0, which never change")
	says(t, s.run("import", "--format", "csv", "--define", "auto", other), "1 accepted")
	says(t, s.run("query", "trades", "E", "--format", "csv"), ",7.25,1,")
	says(t, s.fails(1, "import", "--format", "csv", other+"x", "--definitions", s.file("bad.csv", "instrument,price_exponent,size_exponent\nE,-99,0\n")), "bad.csv:2: price_exponent: exponent \"-99\" is not between -18 and 9")
	says(t, s.fails(1, "import", "--format", "csv", s.file("c.csv", "time,instrument,price,size\n"+second+",UNKNOWN,1,1\n")), "instrument UNKNOWN is not defined: give --definitions FILE or --define auto")
}
