package ingest

import (
	"net/http"
	"strings"
	"testing"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

const path = "/v1/ingest?define=auto&mode=import"

// at is a line of a trade with a field put in another way.
func at(field string) string {
	fields := []string{`"time":"2026-01-02T15:04:05Z"`, `"instrument":"ACME"`, `"price":"12.5"`, `"size":"3"`}
	name, _, _ := strings.Cut(field, ":")
	for i, f := range fields {
		if strings.HasPrefix(f, name+":") {
			fields[i] = field
			return "{" + strings.Join(fields, ",") + "}"
		}
	}
	return "{" + strings.Join(append(fields, field), ",") + "}"
}

// Each of these has cost somebody's import: a line must cost only itself, and be named.
func TestEachBadLineIsNamedAndTheRestIsTaken(t *testing.T) {
	for name, line := range map[string]string{
		"bad JSON": `{"time":`, "no object": `[1]`, "two objects": at(`"size":"3"`) + "{}", "nothing": `{}`,
		"NaN": at(`"price":"NaN"`), "infinity": at(`"price":"Inf"`), "a nested price": at(`"price":{"a":1}`),
		"a negative size": at(`"size":"-3"`), "overflow": at(`"price":"99999999999999999999"`), "too many places": at(`"price":"1.0000000000000000001"`),
		"not UTF-8": at("\"instrument\":\"AC\xff\""), "an id with a space": at(`"instrument":"A B"`),
		"a long line": at(`"venue":"` + strings.Repeat("v", 11<<20) + `"`), "a long venue": at(`"venue":"` + strings.Repeat("v", 200) + `"`),
		"no time": at(`"time":""`), "a time of another unit": at(`"time":"17000064000000000000000"`), "a time in the future": at(`"time":"2400-01-01T00:00:00Z"`),
		"an unknown side": at(`"side":"sideways"`),
	} {
		h := newHouse(t)
		status, out := h.post(path, "k", at(`"price":"1"`)+"\n"+line+"\n"+at(`"price":"2"`)+"\n")
		if status != http.StatusOK || out.Refused != 1 || len(out.Refusals) != 1 || h.view("ACME").Trade.Price == 0 {
			t.Errorf("%s: %d %+v", name, status, out)
			continue
		}
		if r := out.Refusals[0]; r.Line != 2 || r.Code != outcryv1.ErrorCode_ERROR_CODE_INVALID.String() || r.Error == "" {
			t.Errorf("%s: %.300v", name, r)
		}
		if v := h.view("ACME"); v.Stats.Trades != 2 {
			t.Errorf("%s: %d trades were taken of the others", name, v.Stats.Trades)
		}
	}
}

// A producer that got no answer sends again; what it sends must count once.
func TestTheSameKeyAgainChangesNothing(t *testing.T) {
	h := newHouse(t)
	body := at(`"price":"1"`) + "\n" + at(`"price":"2"`) + "\n"
	_, first := h.post(path, "a", body)
	before := h.view("ACME")
	_, again := h.post(path, "a", body)
	if h.view("ACME").Seq != before.Seq || again.Accepted != 0 || again.Duplicates+again.Late < 2 || first.Accepted < 2 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	h.post(path, "b", body)
	if n := h.view("ACME").Stats.Trades; n != 4 {
		t.Errorf("%d trades: another request with the same content is not the same request", n)
	}
}

// Without a bound on what is named a bad file would be answered with another one.
func TestRefusalsAreCountedBeyondThoseThatAreNamed(t *testing.T) {
	h := newHouse(t)
	_, out := h.post(path, "k", strings.Repeat("x\n", 250)+at(`"price":"1"`)+"\n")
	if out.Refused != 250 || len(out.Refusals) != maxRefusals || h.view("ACME").Stats.Trades != 1 {
		t.Errorf("%d refused, %d named", out.Refused, len(out.Refusals))
	}
}

// What the fold refuses is found again by its line, too.
func TestRefusalsOfTheFoldHaveTheirLine(t *testing.T) {
	h := newHouse(t)
	trade := &outcryv1.Trade{SourceSeq: 3, EventTimeNs: 1e18, Price: 1, Size: 1}
	answer, err := h.Ingest(h.inside(), &outcryv1.IngestRequest{Source: "s", Mode: outcryv1.Mode_MODE_IMPORT,
		Events: []*outcryv1.IngestEvent{{Id: "UNDEFINED", Line: 77, Event: &outcryv1.IngestEvent_Trade{Trade: trade}}}})
	if err != nil || answer.Refused != 1 || answer.Refusals[0].Line != 77 || answer.Refusals[0].Id != "UNDEFINED" {
		t.Errorf("%v, %v", answer, err)
	}
}

// Once the log takes no more, a producer must learn that nothing was taken, and when to come again.
func TestAFailedAppendIsNoSuccess(t *testing.T) {
	h := newHouse(t)
	other := events.NewPublisher(h.log, events.PublisherConfig{})
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Service = New(Config{Publisher: other, Folds: h})
	if status, out := h.post(path, "k", at(`"price":"1"`)); status != http.StatusServiceUnavailable {
		t.Error(status, out)
	}
}

// A pipeline puts every refused input aside: one that it does not hear of would be lost.
func TestEveryRefusalIsToldToWhoWantsThem(t *testing.T) {
	h := newHouse(t)
	r := &outcryv1.IngestRequest{Source: "s", Mode: outcryv1.Mode_MODE_LIVE}
	for n := range uint64(maxRefusals + 50) {
		trade := &outcryv1.Trade{SourceSeq: n + 1, EventTimeNs: 1e18, Price: 1, Size: 1}
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: "UNDEFINED", Line: n + 1, Event: &outcryv1.IngestEvent_Trade{Trade: trade}})
	}
	r.Events[7].Id = "not an id"
	told := map[uint64]bool{}
	answer, err := h.IngestEach(h.inside(), r, func(f *outcryv1.IngestRefusal) { told[f.Line] = f.Error.Text != "" })
	if err != nil || len(told) != len(r.Events) || answer.Refused != uint64(len(r.Events)) {
		t.Errorf("%d of %d were told, %v, %v", len(told), len(r.Events), answer, err)
	}
}
