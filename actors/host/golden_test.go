package host

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/events/embedded"
	outcryv1 "outcry/proto/outcry/v1"
)

// makeGolden writes a golden log that is not there yet: go test -run Golden -make-golden NAME.
var makeGolden = flag.String("make-golden", "", "name of a new golden log; one that exists is refused")

const goldens = "testdata/golden"

// Breaks for users: a new version folds their log to something else than what
// they saw. Each folder is a log that a version wrote, with the hash of every
// entity; it is never written again. A new version adds one of its own (see makeGolden).
func TestGoldenLogsFoldToTheHashesOfTheirTime(t *testing.T) {
	if *makeGolden != "" {
		writeGolden(t, filepath.Join(goldens, *makeGolden))
	}
	folders, err := os.ReadDir(goldens)
	if err != nil || len(folders) == 0 {
		t.Fatalf("there is no golden log: %v", err)
	}
	for _, f := range folders {
		if !f.IsDir() {
			continue // README.md
		}
		t.Run(f.Name(), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(goldens, f.Name(), "hashes.json"))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, goldenHashes(t, filepath.Join(goldens, f.Name(), "log"))); diff != "" || len(want) == 0 {
				t.Errorf("the log folds to other hashes than it did when it was written (-then +now):\n%s", diff)
			}
		})
	}
}

func goldenHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	log, err := embedded.OpenReader(dir, embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	all := map[string]string{}
	for _, kind := range events.Kinds() {
		for p := range int32(log.Partitions(kind)) {
			_, next, err := log.Bounds(kind, p)
			if err != nil || next == 0 {
				t.Fatalf("%s/%d has %d records: %v", kind, p, next, err)
			}
			hashes, err := Replay(context.Background(), log, kind, p, nil, nil, next-1, nil)
			if err != nil {
				t.Fatal(err)
			}
			for id, h := range hashes {
				all[kind.String()+" "+id] = h.String()
			}
		}
	}
	return all
}

func writeGolden(t *testing.T, folder string) {
	t.Helper()
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s exists (%v): a golden log is never written again", folder, err)
	}
	dir := filepath.Join(folder, "log")
	log, err := embedded.Open(dir, embedded.Config{InstrumentPartitions: 1, RoomPartitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	now := powerStart
	publish := func(kind events.Kind, b *events.Batch) {
		now += int64(700 * time.Millisecond)
		b.IngestTime = now
		if err := log.Publish(kind.Topic(), events.NewMessage(kind, 0, events.AppendBatch(nil, b))); err != nil {
			t.Fatal(err)
		}
	}
	goldenTape(publish)
	goldenTalk(publish)
	goldenRooms(publish)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "LOCK")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(goldenHashes(t, dir), "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "hashes.json"), append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// goldenTape has quotes and trades of a live source and of an import, gaps,
// duplicates, late prints, cancels, corrections, status, refusals and clock records.
func goldenTape(publish func(events.Kind, *events.Batch)) {
	feeds := []*powerFeed{{id: "GOLD", seed: 7}, {id: "IRON", seed: 8}}
	for _, f := range feeds {
		publish(events.Instrument, &events.Batch{Header: goldenHeader(outcryv1.Mode_MODE_LIVE), Instruments: []events.Group{goldenEvent(f.id, definition(1))}})
	}
	for from := uint64(2); from < 1300; from += 13 {
		for i, f := range feeds {
			g := events.Group{Instrument: f.id}
			for n := from; n < from+16; n++ { // the last three come again as duplicates
				tick := f.tick(n)
				if n%29 == 0 {
					tick.EventTime -= int64(n%170) * int64(time.Second) // late
				}
				if n%37 != 0 { // a gap
					g.Ticks = append(g.Ticks, tick)
				}
			}
			mode := []outcryv1.Mode{outcryv1.Mode_MODE_LIVE, outcryv1.Mode_MODE_IMPORT}[i]
			publish(events.Instrument, &events.Batch{Header: goldenHeader(mode), Instruments: []events.Group{g}})
			if from%5 == 0 {
				publish(events.Instrument, &events.Batch{Clock: true})
			}
		}
		publish(events.Instrument, &events.Batch{Header: goldenHeader(outcryv1.Mode_MODE_LIVE),
			Instruments: []events.Group{goldenEvent("GOLD", goldenRare(from)), goldenEvent("UNDEFINED", goldenRare(from))}})
	}
	// Sequences far beyond the window, and then one that it can no longer tell.
	last := events.Group{Instrument: "IRON", Ticks: []events.Tick{feeds[1].tick(1400), feeds[1].tick(9000), feeds[1].tick(3)}}
	publish(events.Instrument, &events.Batch{Header: goldenHeader(outcryv1.Mode_MODE_IMPORT), Instruments: []events.Group{last}})
}

func goldenHeader(mode outcryv1.Mode) events.Header {
	return events.Header{Source: "feed", Epoch: "1", Mode: mode}
}

func goldenEvent(id string, ev *outcryv1.TapeEvent) events.Group {
	return events.Group{Instrument: id, Events: []*outcryv1.TapeEvent{ev},
		Ticks: []events.Tick{{Kind: events.EventTick, SourceSeq: ev.SourceSeq, EventTime: ev.EventTimeNs, ReceiveTime: ev.ReceiveTimeNs}}}
}

func goldenRare(n uint64) *outcryv1.TapeEvent {
	at := powerStart + int64(n)*300_000_000
	ev := &outcryv1.TapeEvent{SourceSeq: 1_000_000 + n, EventTimeNs: at}
	switch n / 13 % 3 {
	case 0:
		ev.Event = &outcryv1.TapeEvent_Cancel{Cancel: &outcryv1.TradeCancel{TradeId: "5", TradeTimeNs: at - 900_000_000}}
	case 1:
		ev.Event = &outcryv1.TapeEvent_Correction{Correction: &outcryv1.TradeCorrection{TradeId: "5", TradeTimeNs: at - 90_000_000_000, Price: 10_001, Size: 2}}
	default:
		state := outcryv1.TradingState(1 + n/39%4)
		ev.Event = &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{State: state, Reason: "golden"}}
	}
	return ev
}

// goldenTalk has every input of a room, by members and strangers, repeated and imported.
func goldenTalk(publish func(events.Kind, *events.Batch)) {
	r := &powerRoom{id: "pit"}
	say := func(header events.Header, inputs ...*outcryv1.RoomInput) {
		publish(events.Room, &events.Batch{Header: header, Rooms: []*outcryv1.RoomGroup{{Room: r.id, Inputs: inputs}}})
	}
	for n := range 120 {
		in, target := r.input(n), uint64(n/2+1)
		in.EventTimeNs = powerStart + int64(n)
		text := &outcryv1.Text{Data: []byte("new"), Characters: 3}
		switch n % 9 {
		case 2:
			in.Input = &outcryv1.RoomInput_Edit{Edit: &outcryv1.Edit{TargetSeq: target, Text: text}}
		case 3:
			in.Input = &outcryv1.RoomInput_React{React: &outcryv1.React{TargetSeq: target, Emoji: "👍", Remove: n%2 == 0}}
		case 4:
			in.Input = &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: text, ReplyTo: target, Action: n%2 == 0}}
		case 5:
			in.Input = &outcryv1.RoomInput_Delete{Delete: &outcryv1.Delete{TargetSeq: target}}
		case 6:
			in.User = "eve" // joins, talks and leaves by turns
			in.Input = []*outcryv1.RoomInput{{Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}}, in, {Input: &outcryv1.RoomInput_Leave{Leave: &outcryv1.Leave{}}}}[n/9%3].Input
		case 7:
			in.Input = &outcryv1.RoomInput_Settings{Settings: &outcryv1.RoomSettings{Title: "golden", Topic: string(text.Data), MaxCharacters: uint32(n)}}
		}
		say(events.Header{Source: "gateway", Mode: outcryv1.Mode_MODE_LIVE}, in)
		if n%4 == 0 {
			say(events.Header{Source: "gateway", Mode: outcryv1.Mode_MODE_LIVE}, in) // again
		}
		imported := &outcryv1.RoomInput{User: "old", SourceSeq: uint64(n + 1), EventTimeNs: powerStart - int64(n)}
		kinds := []outcryv1.MessageKind{outcryv1.MessageKind_MESSAGE_KIND_POST, outcryv1.MessageKind_MESSAGE_KIND_ACTION, outcryv1.MessageKind_MESSAGE_KIND_JOIN,
			outcryv1.MessageKind_MESSAGE_KIND_LEAVE, outcryv1.MessageKind_MESSAGE_KIND_RENAME, outcryv1.MessageKind_MESSAGE_KIND_SYSTEM}
		imported.Input = &outcryv1.RoomInput_Imported{Imported: &outcryv1.Imported{Kind: kinds[n%len(kinds)], Text: text, RepliesToSourceSeq: []uint64{uint64(n / 2)}}}
		say(events.Header{Source: "file", Epoch: "1", Mode: outcryv1.Mode_MODE_IMPORT}, imported)
	}
}
