package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// auto defines everything with exponent -8.
type auto map[string]bool

func (a auto) Definition(id string) (*outcryv1.Definition, bool, error) {
	fresh := !a[id]
	a[id] = true
	return &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8}, fresh, nil
}

// readAll reads to the end, gathering what was refused.
func readAll(t *testing.T, r *Reader) (events []*outcryv1.IngestEvent, refused []string) {
	t.Helper()
	for {
		ev, err := r.Next()
		var line *LineError
		switch {
		case err == nil:
			events = append(events, ev)
		case errors.As(err, &line):
			refused = append(refused, err.Error())
		case errors.Is(err, io.EOF):
			return events, refused
		default:
			t.Fatalf("reading: %v", err)
		}
	}
}

func open(t *testing.T, text string, o Options) *Reader {
	t.Helper()
	if o.Definitions == nil {
		o.Definitions = auto{}
	}
	r, err := Open(strings.NewReader(text), "file", o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// One bad line must cost itself, be named, and nothing else.
func TestBadLinesAreNamedAndTheRestIsRead(t *testing.T) {
	good := "2020-01-02T03:04:05.5Z,X,1.5,2,buy\n"
	for _, c := range []struct{ name, line, want string }{
		{"wrong type", "2020-01-02T03:04:05Z,X,abc,2,buy\n", "not a decimal number"},
		{"missing column", "2020-01-02T03:04:05Z,X,1\n", "3 columns instead of 5"},
		{"negative size", "2020-01-02T03:04:05Z,X,1,-2,buy\n", "negative"},
		{"NaN", "2020-01-02T03:04:05Z,X,NaN,2,buy\n", "not a decimal number"},
		{"overflow", "2020-01-02T03:04:05Z,X,99999999999999,2,buy\n", "too large"},
		{"too precise", "2020-01-02T03:04:05Z,X,1.000000001,2,buy\n", "decimal places"},
		{"integer time", "1577934245,X,1,2,buy\n", "--time-unit"},
		{"bad time", "yesterday,X,1,2,buy\n", "RFC 3339"},
		{"no time", ",X,1,2,buy\n", "no time"},
		{"bad side", "2020-01-02T03:04:05Z,X,1,2,up\n", "unknown side"},
		{"no price", "2020-01-02T03:04:05Z,X,,2,buy\n", "no price"},
		{"no instrument", "2020-01-02T03:04:05Z,,1,2,buy\n", "no instrument"},
		{"invalid UTF-8", "2020-01-02T03:04:05Z,X\xff,1,2,buy\n", "UTF-8"},
		{"10 MB", strings.Repeat("9", 10<<20) + "\n", "longer than"},
		{"bad quotes", "\"2020,X,1,2,buy\n", "reading csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "time,instrument,price,size,side\n"+good+c.line+good, Options{Format: "csv"})
			events, refused := readAll(t, r)
			if len(events) != 3 || len(refused) != 1 || !strings.HasPrefix(refused[0], "file:3: ") || !strings.Contains(refused[0], c.want) {
				t.Errorf("%d events, refused %q; want 3 (one of them the definition) and one at file:3 with %q", len(events), refused, c.want)
			}
			if n := r.Counts(); n.Lines != 4 || n.Refused != 1 || n.Events != 3 {
				t.Errorf("counts %+v", n)
			}
		})
	}
}

// Every line below a header that is not understood would be told as another
// wrong header; a file of a million lines would say it a million times.
func TestAHeaderWithoutOurFieldsEndsTheFile(t *testing.T) {
	for _, header := range []string{"ts;px", "time", "time,time,price", "a,b,c"} {
		r := open(t, header+"\n1,2,3\n4,5,6\n", Options{Format: "csv"})
		_, err := r.Next()
		var line *LineError
		if err == nil || errors.As(err, &line) || !strings.Contains(err.Error(), "file:1: ") {
			t.Errorf("%q: %v", header, err)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%q: after the end comes %v", header, again)
		}
	}
}

// zeros is a file of any length without a line end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A file without line ends must not take the machine's memory.
func TestALineOfAGigabyteTakesLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := Open(io.LimitReader(zeros{}, 1<<30), "huge", Options{Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	if _, refused := readAll(t, r); len(refused) != 1 || !strings.HasPrefix(refused[0], "huge:1: line is longer") {
		t.Errorf("refused %q", refused)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 16<<20 {
		t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
	}
}

// Times in the wrong unit would put a market into another century.
func TestTimesInTheWrongUnitAreRefused(t *testing.T) {
	for _, c := range [][2]string{{"1577934245000", "s"}, {"1577934245000000", "s"}, {"1577934245000000000", "s"},
		{"1577934245", "ms"}, {"1577934245000000", "ms"}, {"1577934245000000000", "ms"},
		{"1577934245", "us"}, {"1577934245000", "us"}, {"1577934245000000000", "us"},
		{"1577934245", "ns"}, {"1577934245000", "ns"}, {"1577934245000000", "ns"},
		{"-5", "s"}, {"0", "s"}, {"9223372036854775807", "ns"}, {"9223372036854775807", "s"}, {"1e9", "s"}, {"1577934245.5", "s"}} {
		if at, err := parseTime(c[0], c[1]); err == nil {
			t.Errorf("%s %s was read as %d", c[0], c[1], at)
		}
	}
	if at, err := parseTime("1577934245", "s"); err != nil || at != 1577934245e9 {
		t.Error(at, err)
	}
}

// A file that ends in the middle of its gzip stream must not look complete.
func TestTruncatedGzipIsAnError(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, "time,instrument,price,size\n"+strings.Repeat("2020-01-02T03:04:05Z,X,1,2\n", 50000))
	z.Close()
	r, err := Open(bytes.NewReader(b.Bytes()[:b.Len()/2]), "cut.gz", Options{Format: "csv", Definitions: auto{}})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut.gz after line") || !strings.Contains(err.Error(), "cut off or damaged") {
		t.Errorf("got %v", err)
	}
	for n, whole := range map[int]bool{b.Len(): true, b.Len() - 1: false, b.Len() / 2: false, 5: false} {
		if err := CheckWhole(bytes.NewReader(b.Bytes()[:n])); (err == nil) != whole {
			t.Errorf("%d of %d bytes: %v", n, b.Len(), err)
		}
	}
	if err := CheckWhole(strings.NewReader("plain")); err != nil {
		t.Error(err)
	}
}

// The names of a file are not ours; people map them.
func TestColumnsCanBeMappedAndNamed(t *testing.T) {
	o := Options{Format: "csv", Map: map[string]string{"time": "ts", "price": "px", "size": "qty"}, TimeUnit: "ms", Instrument: "A:B"}
	events, refused := readAll(t, open(t, "\ufeffts,px,qty,other\n1577934245123,2,3,x\n", o))
	if len(events) != 2 || len(refused) != 0 {
		t.Fatalf("%v, %v", events, refused)
	}
	if tr := events[1].GetTrade(); events[1].Id != "A:B" || tr.Price != 2e8 || tr.EventTimeNs != 1577934245123e6 || tr.SourceSeq != 2 {
		t.Error(events[1])
	}
	o = Options{Format: "csv", Columns: []string{"time", "price", "size", "side"}, TimeUnit: "s", Instrument: "A:B"}
	events, refused = readAll(t, open(t, "1605499846,15993.5,0.026472,ANY\n", o))
	if len(events) != 2 || len(refused) != 0 || events[1].GetTrade().SourceSeq != 1 {
		t.Errorf("%v, %v", events, refused)
	}
}

// curl users send JSON numbers and strings alike, quotes with one side, and messages.
func TestNDJSONTakesQuotesTradesAndMessages(t *testing.T) {
	events, refused := readAll(t, open(t, `{"time":"2020-01-02T03:04:05Z","instrument":"X","price":1.25,"size":"3","source_seq":7}
{"time":"2020-01-02T03:04:05Z","instrument":"X","bid_price":"1.25","bid_size":0}
{"time":"2020-01-02T03:04:05Z","room":"floor","user":"ann","text":"hi"}
[1]
{"a":1}{"b":2}
{"time":"2020-01-02T03:04:05Z","instrument":"X","price":1,"size":1}]
{"time":"2020-01-02T03:04:05Z","instrument":"X Y","price":1,"size":1}
{"time":"2020-01-02T03:04:05Z","instrument":"X","price":[1]}
`, Options{Format: "ndjson"}))
	if len(events) != 4 || len(refused) != 5 {
		t.Fatalf("%v\n%v", events, refused)
	}
	if events[1].GetTrade().SourceSeq != 7 || events[2].GetQuote().AskPrice != nil || events[2].GetQuote().GetBidSize() != 0 || events[3].GetRoom().User != "ann" {
		t.Error(events)
	}
}

// The captures must be read whole: the figures are those of their README.
func TestBinanceCapturesAreReadWhole(t *testing.T) {
	dir := sharedData(t, "binance")
	for file, want := range map[string][3]uint64{
		"usdm_btcusdt_20240808.jsonl.gz": {66089, 21313, 6551},
		"spot_ethusdt_20240808.jsonl.gz": {24077, 6106, 3434},
	} {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := Open(f, file, Options{Format: "binance", Definitions: auto{}})
		if err != nil {
			t.Fatal(err)
		}
		events, refused := readAll(t, r)
		var quotes, trades uint64
		for _, ev := range events {
			switch ev.Event.(type) {
			case *outcryv1.IngestEvent_Quote:
				quotes++
			case *outcryv1.IngestEvent_Trade:
				trades++
			}
		}
		if got := [3]uint64{quotes, trades, r.Counts().Ignored["depth update"]}; got != want || len(refused) > 0 {
			t.Errorf("%s: quotes, trades, depth %v, want %v; refused %v", file, got, want, refused)
		}
	}
}

// Nothing that was said may be dropped: the figures are those of the README.
func TestIRCLogsAreReadWhole(t *testing.T) {
	dir := sharedData(t, "irc")
	files, err := filepath.Glob(filepath.Join(dir, "*.raw.txt.gz"))
	if err != nil || len(files) != 16 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	kinds := map[outcryv1.MessageKind]int{}
	lines, answered := uint64(0), 0
	for _, file := range files {
		replies := readReplies(t, strings.Replace(file, ".raw.", ".annotation.", 1))
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := Open(f, file, Options{Format: "irc", Date: filepath.Base(file)[:10], Replies: replies})
		if err != nil {
			t.Fatal(err)
		}
		events, refused := readAll(t, r)
		if len(refused) > 0 {
			t.Errorf("%s: refused %v", file, refused)
		}
		for _, ev := range events {
			in := ev.GetRoom().GetImported()
			kinds[in.Kind]++
			if len(in.RepliesToSourceSeq) > 1 {
				answered++
			}
		}
		lines += r.Counts().Lines
	}
	want := map[outcryv1.MessageKind]int{
		outcryv1.MessageKind_MESSAGE_KIND_POST:   20995,
		outcryv1.MessageKind_MESSAGE_KIND_ACTION: 50 + 83, // with a time; without, as older logs have them
		outcryv1.MessageKind_MESSAGE_KIND_JOIN:   1907,
		outcryv1.MessageKind_MESSAGE_KIND_LEAVE:  329,
		outcryv1.MessageKind_MESSAGE_KIND_RENAME: 338,
		outcryv1.MessageKind_MESSAGE_KIND_SYSTEM: 50,
	}
	if diff := cmp.Diff(want, kinds); diff != "" || lines != 23752 || answered != 265 {
		t.Errorf("%d lines, %d answer several, kinds (-want +got):\n%s", lines, answered, diff)
	}
}

func readReplies(t *testing.T, file string) map[uint64][]uint64 {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	replies, err := ReadReplies(f, file)
	if err != nil {
		t.Fatal(err)
	}
	return replies
}

// sharedData finds the real data that stands beside the project, or skips.
func sharedData(t *testing.T, kind string) string {
	dir := filepath.Join("..", "..", "..", "shared", "data", kind)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("needs ../shared/data beside the project: %v", err)
	}
	return dir
}

// A file of definitions or annotations that nobody vouches for must not end the process.
func FuzzDefinitions(f *testing.F) {
	f.Add([]byte("instrument,price_exponent,size_exponent,tick_size,size_step,currency,calendar,description\nX,-2,0,5,1,USD,24x7,\"a, b\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ReadDefinitions(bytes.NewReader(data), "fuzz")
		for id, d := range all {
			if err != nil || id == "" || d.PriceExponent < -18 || d.PriceExponent > 9 || d.TickSize < 0 {
				t.Fatalf("%q: %v, %v", id, d, err)
			}
		}
	})
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte("1000 1002 -\n1001 1001 -\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		replies, err := ReadReplies(bytes.NewReader(data), "fuzz")
		for line, answered := range replies {
			if err != nil || len(answered) == 0 {
				t.Fatalf("line %d answers %v, %v", line, answered, err)
			}
		}
	})
}

func FuzzReaders(f *testing.F) {
	for i, text := range []string{
		"time,instrument,price,size\n1,X,1,2\n",
		`{"time":"2020-01-02T03:04:05Z","instrument":"X","price":1}`,
		`1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1","B":"3","a":"6","A":"1"}}`,
		"[04:48]  * unperson sits\n=== a is now known as b\n[05:00] <a> b\n",
	} {
		f.Add(i, []byte(text))
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		o := Options{Format: Formats()[uint(format)%4], Definitions: auto{}, TimeUnit: "s", Date: "2020-01-01", Room: "r"}
		r, err := Open(bytes.NewReader(data), "fuzz", o)
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			_, err := r.Next()
			var line *LineError
			if err != nil && !errors.As(err, &line) {
				return
			}
			if n > 2*len(data)+2 {
				t.Fatal("more results than bytes")
			}
		}
	})
}
