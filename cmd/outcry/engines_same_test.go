package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/internal/engines"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: whoever outgrows the laptop finds other bars, other numbers
// of messages, or a history that does not fold to what it was.
func TestTheSameRecordsGiveTheSameHashesRowsAndAnswersOnRealEngines(t *testing.T) {
	engines.Need(t)
	shared(t, "binance")
	s := newServer(t)
	for _, c := range captures {
		s.run("import", "--format", "binance", "--venue", c.venue, "--define", "auto", shared(t, "binance", c.file))
	}
	s.run("post", "floor", "hello", "--user", "ann", "--join")
	s.run("post", "floor", "hello again", "--user", "ann")
	wantAnswers, wantHashes := s.everything(), s.hashes()
	s.stop()

	r := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	onRealEngines.settle(t, r.data)
	says(t, s.run("log", "copy", "--from", s.data, "--config", r.data+"/outcry.yaml"), "records are in Kafka")
	says(t, s.run("log", "copy", "--from", s.data, "--config", r.data+"/outcry.yaml"), "records are in Kafka") // and again changes nothing
	r.start()
	t.Cleanup(r.kill)
	if diff := cmp.Diff(wantHashes, r.hashes()); diff != "" {
		t.Errorf("hashes differ (-embedded +real):\n%s", diff)
	}
	for range 2 { // from the live actors, and after a start from rows
		for name, answer := range r.everything() {
			if diff := cmp.Diff(wantAnswers[name], answer); diff != "" {
				t.Errorf("%s differs (-embedded +real):\n%.2000s", name, diff)
			}
		}
		r.allBars()
		r.run("replay", "--data", r.data, "--verify")
		r.stop()
		r.start()
	}
}

// everything that can be asked about the captures.
func (s *server) everything() map[string]string {
	s.t.Helper()
	all := map[string]string{
		"instruments": s.run("query", "instruments", "--format", "csv"),
		"messages":    s.run("query", "messages", "floor", "--limit", "0", "--format", "csv"),
		"members":     s.run("query", "members", "floor", "--format", "csv"),
		"rooms":       s.run("query", "rooms", "--format", "csv"),
	}
	for _, id := range instruments {
		all["trades of "+id] = s.run("query", "trades", id, "--limit", "0", "--format", "csv")
		for _, resolution := range []string{"1s", "1m", "1h"} {
			all[resolution+" bars of "+id] = s.run("query", "bars", id, "--resolution", resolution, "--limit", "0", "--format", "csv")
		}
	}
	return all
}

// hashes of every entity, by partition and id.
func (s *server) hashes() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	info, err := s.client().Info(s.t.Context(), &outcryv1.InfoRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, kind := range events.Kinds() {
		for p := range int32(info.InstrumentPartitions) {
			a, err := s.client().Hashes(s.t.Context(), &outcryv1.HashesRequest{Kind: kind.String(), Partition: p})
			if err != nil {
				s.t.Fatal(err)
			}
			for id, hash := range a.Hashes {
				all[kind.String()+" "+id] = hash
			}
		}
	}
	if len(all) == 0 {
		s.t.Fatal("there are no hashes")
	}
	return all
}
