package ingest

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"outcry/events"
	"outcry/events/pipeline"
	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

// piped is a house with a pipeline, as a small producer without Kafka uses it.
func piped(t *testing.T) *house {
	t.Helper()
	p, err := pipeline.New(pipeline.Config{Name: "acme", Define: "auto", Stages: []stage.Spec{
		{Map: map[string]string{"instrument": "s", "price": "p", "size": "q"}},
		{Drop: "tests", When: []stage.Condition{{Field: "s", Op: "matches", Values: []string{"^TEST"}}}},
	}}, pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	h.Service = New(Config{Publisher: h.publish, Folds: h, Pipelines: map[string]*pipeline.Pipeline{"acme": p}})
	return h
}

// A producer that can only post must get the same stages, and hear of each line that cannot pass.
func TestABodyGoesThroughItsPipeline(t *testing.T) {
	h := piped(t)
	good := `{"s":"ACME","p":"1.5","q":2,"time":1700000000000000000}`
	body := strings.Join([]string{good, "", `{"s":"TEST1","p":1,"q":1,"time":1700000000000000000}`, `{"s":"ACME","p":"ten","q":2,"time":1700000000000000000}`,
		strings.Repeat("x", 2<<20), "{\"s\":\"\xff\"}", good}, "\n")
	status, out := h.post("/v1/ingest?pipeline=acme", "k", body)
	if status != http.StatusOK || out.Accepted != 2 || out.Filtered != 1 || out.Refused != 3 || len(out.Refusals) != 3 {
		t.Fatalf("%d %+v", status, out)
	}
	for i, want := range []struct {
		line uint64
		says string
	}{{5, "longer than"}, {6, "not valid UTF-8"}, {4, "event: price: reading \"ten\""}} {
		if r := out.Refusals[i]; r.Line != want.line || !strings.Contains(r.Error, want.says) {
			t.Errorf("%+v", r)
		}
	}
	if v := h.view("ACME"); v.Stats.Trades != 2 {
		t.Errorf("%d trades", v.Stats.Trades)
	}
	if status, out = h.post("/v1/ingest?pipeline=acme", "k", body); out.Accepted != 0 || out.Duplicates != 2 {
		t.Errorf("sent again: %d %+v", status, out)
	}
}

// A misspelt pipeline must not take the lines for something else.
func TestUnknownPipelinesAreRefused(t *testing.T) {
	h := piped(t)
	for _, path := range []string{"/v1/ingest?pipeline=acne"} {
		if status, _ := h.post(path, "k", "{}"); status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := h.post("/v1/ingest?pipeline=acme", strings.Repeat("k", 100), "{}"); status != http.StatusBadRequest {
		t.Error(status)
	}
}

// Trouble of the log is no fault of the body: the producer has to send it again.
func TestABodyWhoseLogFailsIsToBeSentAgain(t *testing.T) {
	h := piped(t)
	other := events.NewPublisher(h.log, events.PublisherConfig{})
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Service = New(Config{Publisher: other, Folds: h, Pipelines: h.pipelines})
	if status, out := h.post("/v1/ingest?pipeline=acme", "k", `{"s":"ACME","p":"1.5","q":2,"time":1700000000000000000}`); status != http.StatusServiceUnavailable {
		t.Error(status, out)
	}
}

// What the log never takes must not be tried for ever.
func TestRequestsThatAreInvalidArePermanent(t *testing.T) {
	h := newHouse(t)
	_, err := h.Sink().Ingest(t.Context(), &outcryv1.IngestRequest{Mode: outcryv1.Mode_MODE_LIVE}, nil)
	if !errors.Is(err, pipeline.ErrPermanent) {
		t.Error(err)
	}
}
