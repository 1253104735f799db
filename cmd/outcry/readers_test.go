package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"outcry/gateways/rpc"
	"outcry/internal/engines"
	outcryv1 "outcry/proto/outcry/v1"
)

// reader is a Python that can read the log: sdk/python with the words made for it.
type reader struct {
	python string
	path   string // PYTHONPATH
}

// newReader makes a virtual environment, as docs/READERS.md tells people to.
// OUTCRY_PYTHON names one that has the packages already.
func newReader(t *testing.T) *reader {
	t.Helper()
	if !engines.Wanted() {
		t.Skip("readers of other languages are tested with real engines: set OUTCRY_ENGINES=1")
	}
	r := &reader{python: os.Getenv("OUTCRY_PYTHON")}
	dir := t.TempDir()
	if r.python == "" {
		if out, err := exec.Command("python3", "-m", "venv", filepath.Join(dir, "venv")).CombinedOutput(); err != nil {
			t.Skipf("needs python3 with venv: %v: %s", err, out)
		}
		r.python = filepath.Join(dir, "venv", "bin", "python")
		install := exec.Command(r.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "../../sdk/python/requirements.txt")
		if out, err := install.CombinedOutput(); err != nil {
			t.Skipf("needs a registry of Python packages: %v: %s", err, out)
		}
	}
	words, err := filepath.Glob("../../proto/outcry/v1/*.proto")
	if err != nil || len(words) == 0 {
		t.Fatal(words, err)
	}
	args := append([]string{"-m", "grpc_tools.protoc", "-I", "../../proto", "--python_out", dir}, words...)
	if out, err := exec.Command(r.python, args...).CombinedOutput(); err != nil {
		t.Fatalf("making the words: %v: %s", err, out)
	}
	sdk, err := filepath.Abs("../../sdk/python")
	if err != nil {
		t.Fatal(err)
	}
	r.path = sdk + string(os.PathListSeparator) + dir
	return r
}

// rebuilt is what the reader made of a log, by instrument and resolution, and by room.
type rebuilt struct {
	bars     map[string][]*outcryv1.Bar
	messages map[string][]*outcryv1.Message
}

func seriesOf(instrument string, r outcryv1.Resolution) string { return fmt.Sprint(instrument, " ", r) }

func (r *reader) rebuild(t *testing.T, from ...string) *rebuilt {
	t.Helper()
	cmd := exec.Command(r.python, append([]string{"-m", "outcry_reader"}, from...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+r.path, "PYTHONDONTWRITEBYTECODE=1")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the reader: %v\n%s", err, said.String())
	}
	got := &rebuilt{bars: map[string][]*outcryv1.Bar{}, messages: map[string][]*outcryv1.Message{}}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Bar, Message json.RawMessage }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("the reader prints %q: %v", lines.Text(), err)
		}
		b, m := &outcryv1.Bar{}, &outcryv1.Message{}
		switch {
		case line.Bar != nil:
			err = protojson.Unmarshal(line.Bar, b)
			id := seriesOf(b.Instrument, b.Resolution)
			got.bars[id] = append(got.bars[id], b)
		default:
			err = protojson.Unmarshal(line.Message, m)
			got.messages[m.Room] = append(got.messages[m.Room], m)
		}
		if err != nil {
			t.Fatalf("the reader prints %q: %v", lines.Text(), err)
		}
	}
	return got
}

// sameAs compares with everything that the server answers. The entity's clock
// of a bar depends on how tick blocks are cut, and is not rebuilt.
func (got *rebuilt) sameAs(t *testing.T, s *server) {
	t.Helper()
	ctx := context.Background()
	bars, messages := 0, 0
	list, err := s.client().Instruments(ctx, &outcryv1.InstrumentsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list.Instruments {
		for _, r := range []outcryv1.Resolution{outcryv1.Resolution_RESOLUTION_1S, outcryv1.Resolution_RESOLUTION_1M} {
			want := barsOf(t, s, l.Instrument, r)
			bars += len(want)
			if diff := cmp.Diff(want, got.bars[seriesOf(l.Instrument, r)], protocmp.Transform(), protocmp.IgnoreFields(&outcryv1.Bar{}, "clock_us")); diff != "" {
				t.Errorf("%s %v (-server +reader):\n%.2000s", l.Instrument, r, diff)
			}
		}
	}
	ann := rpc.NewClientOver(http.DefaultTransport, s.url, "", "ann") // she has a conversation of two
	rooms, err := ann.Rooms(ctx, &outcryv1.RoomsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rooms.Rooms {
		var want []*outcryv1.Message
		for _, it := range messagesOf(t, ann, r.Room, 0, r.HeadSeq) {
			want = append(want, it.GetMessage())
		}
		messages += len(want)
		if diff := cmp.Diff(want, got.messages[r.Room], protocmp.Transform()); diff != "" {
			t.Errorf("room %s (-server +reader):\n%.2000s", r.Room, diff)
		}
	}
	if 2*len(list.Instruments) < len(got.bars) || len(rooms.Rooms) != len(got.messages) {
		t.Errorf("the reader found %d series and %d rooms, the server has %d instruments and %d rooms", len(got.bars), len(got.messages), len(list.Instruments), len(rooms.Rooms))
	}
	t.Logf("%d bars of %d instruments and %d changes of %d rooms were compared", bars, len(list.Instruments), messages, len(rooms.Rooms))
}

func barsOf(t *testing.T, s *server, id string, r outcryv1.Resolution) (all []*outcryv1.Bar) {
	t.Helper()
	for q := (&outcryv1.BarsRequest{Instrument: id, Resolution: r, Limit: 50_000}); ; {
		a, err := s.client().Bars(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a.Bars...)
		if !a.More {
			return all
		}
		q.From = all[len(all)-1].Time + 1
	}
}

// Who reads the log with another language must get the same bars and the same
// talk, or the log is no truth that others can build on.
func TestAPythonReaderRebuildsBarsAndRooms(t *testing.T) {
	r := newReader(t)
	s := newServer(t)
	s.busyDay(t)
	t.Run("FromAnEmbeddedLog", func(t *testing.T) { r.rebuild(t, "--log", filepath.Join(s.data, "log")).sameAs(t, s) })
	t.Run("FromKafka", func(t *testing.T) {
		brokers := strings.Join(engines.Kafka(t, 1).Addresses(), ",")
		s.run("log", "copy", "--from", s.data, "--kafka", brokers, "--kafka-replication", "1", "--accept-weak")
		r.rebuild(t, "--kafka", brokers).sameAs(t, s)
	})
}

// busyDay puts a bit of everything into the log.
func (s *server) busyDay(t *testing.T) {
	t.Helper()
	for _, c := range captures {
		s.importCapture(c.venue, c.file)
	}
	again := captures[0]
	says(t, s.run("import", "--format", "binance", "--venue", again.venue, "--define", "auto", shared(t, "binance", again.file)), " 0 accepted, ")
	files, err := filepath.Glob(filepath.Join(shared(t, "irc"), "*.raw.txt.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	s.run(append([]string{"import", "--format", "irc"}, files...)...)
	s.run("import", "--format", "irc", files[0])
	s.livelyTape(t)
	s.livelyTalk(t)
}

// livelyTape is a live source that is late, disordered, repeats itself and takes things back.
func (s *server) livelyTape(t *testing.T) {
	t.Helper()
	now := time.Now().Add(-6 * time.Hour).Truncate(time.Minute)
	trade := func(seq uint64, after time.Duration, price int64) *outcryv1.IngestEvent {
		return &outcryv1.IngestEvent{Id: "LIVE", Event: &outcryv1.IngestEvent_Trade{Trade: &outcryv1.Trade{SourceSeq: seq,
			EventTimeNs: now.Add(after).UnixNano(), Price: price, Size: int64(seq%7) + 1, Side: outcryv1.Side(seq % 3), TradeId: fmt.Sprint("t", seq)}}}
	}
	tape := func(seq uint64, e *outcryv1.TapeEvent) *outcryv1.IngestEvent {
		e.SourceSeq, e.EventTimeNs = seq, now.UnixNano()
		return &outcryv1.IngestEvent{Id: "LIVE", Event: &outcryv1.IngestEvent_Tape{Tape: e}}
	}
	send := func(events ...*outcryv1.IngestEvent) {
		if _, err := s.client().Ingest(t.Context(), &outcryv1.IngestRequest{Source: "live", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	send(tape(1, &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{PriceExponent: -2, SizeExponent: -3, Currency: "USD"}}}))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range uint64(600) { // more seconds and minutes than are kept, with holes in seqs and time, some hours of it
		after := time.Duration(i) * 1300 * time.Millisecond
		if i > 400 {
			after += time.Duration(i-400) * time.Minute
		}
		send(trade(10+i*3, after, int64(1000+i*i%97)))
		switch {
		case i%5 == 0:
			send(trade(10+i*3, time.Second, 1)) // known
		case i%3 == 0: // late, up to the edge of what is kept and beyond
			late := time.Duration(50+rng.IntN(80)) * 1300 * time.Millisecond
			if i > 560 {
				late = time.Duration(90+rng.IntN(60)) * time.Minute
			}
			send(trade(11+i*3, after-min(late, after), int64(1000-i)), trade(12+i*3, after-min(time.Second, after), int64(i)))
		}
	}
	at := now.Add(390 * 1300 * time.Millisecond).UnixNano()
	for seq, old := range []int64{at, now.UnixNano(), at} { // one that is kept, one that has left
		send(tape(uint64(5000+seq), &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Cancel{Cancel: &outcryv1.TradeCancel{TradeId: "t10", TradeTimeNs: old}}}))
	}
	send(trade(9000, 0, 5), trade(4000, 0, 5), trade(9001, 520*time.Second, 7), trade(9002, 500*time.Second, -3))
}
