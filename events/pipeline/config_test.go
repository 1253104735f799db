package pipeline

import (
	"errors"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

// Somebody who writes five mistakes wants to hear of five, with their places, not of one a start.
func TestAllMistakesOfAllPipelinesAreToldAtOnce(t *testing.T) {
	var all []Config
	err := yaml.Unmarshal([]byte(`
- name: "Bad Name"
  format: xml
  mode: later
  identity: {by: field}
- name: ok
  stages:
  - time: {time: fortnights}
  - dedupe: {}
  - dedupe: {}
  - {set: {a: b}, drop: x}
- {name: ok, max_bytes: -1, define: yes-please, kind: tick}
- {name: third, topic: outcry.raw.ok, identity: {by: offset, epoch: e}, stages: [{dedupe: {}}]}
`), &all)
	if err != nil {
		t.Fatal(err)
	}
	err = ValidateAll(all, Env{})
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{`pipelines[0].name: "Bad Name"`, `pipelines[0].format: "xml"`, `pipelines[0].mode: "later"`, "pipelines[0].identity.field: is needed",
		`pipelines[1].stages[0].time: time: "fortnights"`, "pipelines[1].stages[2].dedupe: there is one already", "pipelines[1].stages[3].says set and drop at once",
		`pipelines[2].name: "ok" is the name of pipelines[1] too`, "pipelines[2].max_bytes: -1", `pipelines[2].define: "yes-please"`, `pipelines[2].kind: "tick"`,
		`pipelines[3].topic: "outcry.raw.ok" is read by pipelines`, "pipelines[3].identity.epoch: is for sequences only", "pipelines[3].stages[0].dedupe: offsets tell no message"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not said in\n%v", want, err)
		}
	}
	if n := len(flat(err)); n != 14 {
		t.Errorf("%d faults:\n%v", n, err)
	}
	if err := ValidateAll([]Config{{Name: "a"}, {Name: "b", Stages: []stage.Spec{{Set: map[string]string{"a": "b"}}}}}, Env{}); err != nil {
		t.Error(err)
	}
}

// A table that was changed for the worse must not stop a pipeline that works.
func TestAReloadWithAFaultChangesNothing(t *testing.T) {
	files := map[string]string{"s.json": `{"x":"ACME:X"}`, "d.csv": "instrument,price_exponent,size_exponent\nACME:X,-2,0\nACME:Y,-2,0\n"}
	p, err := New(configOf(t, "{name: acme, definitions: d.csv, stages: [{symbols: {file: s.json}}]}"),
		Env{ReadFile: func(name string) ([]byte, error) { return []byte(files[name]), nil }})
	if err != nil {
		t.Fatal(err)
	}
	names := func() string {
		t.Helper()
		out, err := p.Trace(&raw.Batch{Messages: []raw.Message{trade("x", 1), trade("y", 1)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Event.GetId() + " " + out[1].Kind.String() + " " + out[1].Event.GetId()
	}
	if got := names(); got != "ACME:X poison " {
		t.Error(got)
	}
	files["s.json"] = `{"x":`
	if err := p.Reload(); err == nil || names() != "ACME:X poison " {
		t.Error(err, names())
	}
	files["s.json"] = `{"x":"ACME:Y","y":"ACME:X"}`
	if err := p.Reload(); err != nil || names() != "ACME:Y passed ACME:X" {
		t.Error(err, names())
	}
	files["d.csv"] = "nothing"
	if err := p.Reload(); err == nil || !strings.Contains(err.Error(), "definitions:") {
		t.Error(err)
	}
}

// A server that cannot be asked for a definition just now is no reason to poison a message.
func TestTroubleOfDefinitionsIsNotTheMessagesFault(t *testing.T) {
	away := errors.New("the actors are busy")
	for _, text := range []string{"{name: acme}", "{name: acme, define: auto}"} {
		asked := 0
		h := newHouse(t, text)
		h.log.defined["ACME"] = &outcryv1.Definition{}
		h.env.Accepted = func(id string) (*outcryv1.Definition, error) {
			if asked++; asked < 12 {
				return nil, away
			}
			return h.log.defined[id], nil
		}
		m := trade("ACME", 1)
		m.Value = []byte(strings.Replace(string(m.Value), ".5", "", 1))
		h.topic.write(0, m)
		h.start()
		h.topic.drained(t)
		if c := h.adds(); c.Out != 1 || c.In != 1 {
			t.Errorf("%s: %+v", text, c)
		}
		h.stop()
	}
}

// Producers that speak our protobuf may send definitions and cancels beside their ticks.
func TestProtobufMessagesPassStagesToo(t *testing.T) {
	p, err := New(configOf(t, `{name: acme, format: protobuf, stages: [{symbols: {prefix: "ACME:"}}]}`), Env{
		Accepted: func(string) (*outcryv1.Definition, error) { return &outcryv1.Definition{PriceExponent: -2}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	bid := int64(150)
	b := &raw.Batch{Epoch: "e", Partition: 3}
	for _, ev := range []*outcryv1.IngestEvent{
		{Id: "X", Event: &outcryv1.IngestEvent_Tape{Tape: &outcryv1.TapeEvent{EventTimeNs: 1, Event: &outcryv1.TapeEvent_Definition{Definition: &outcryv1.Definition{}}}}},
		{Id: "X", Event: &outcryv1.IngestEvent_Quote{Quote: &outcryv1.Quote{EventTimeNs: 1_700_000_000_000_000_000, BidPrice: &bid, SourceSeq: 99}}},
		{Event: &outcryv1.IngestEvent_Tape{Tape: &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Status{}}}},
	} {
		b.Messages = append(b.Messages, protobuf(t, ev, int64(len(b.Messages))))
	}
	out, err := p.Trace(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := out[0]; o.Event.GetId() != "ACME:X" || o.Event.GetTape().GetSourceSeq() != 1 || o.Epoch != "e/3" {
		t.Errorf("%+v", o)
	}
	if o := out[1]; o.Event.GetQuote().GetBidPrice() != 150 || o.Event.GetQuote().GetSourceSeq() != 99 || o.Epoch != "" {
		t.Errorf("%+v", o)
	}
	if o := out[2]; o.Kind != Poisoned || o.Reason != "no instrument or room" {
		t.Errorf("%+v", o)
	}
}

// Messages without what identifies them must not all be taken for one.
func TestMessagesWithoutTheirIdentityAreSaid(t *testing.T) {
	for identity, says := range map[string]string{"{by: key}": "no key", "{by: field, field: none}": "no none", "{by: sequence}": "no source_seq"} {
		p, err := New(configOf(t, "{name: acme, define: auto, identity: "+identity+"}"), Env{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Trace(&raw.Batch{Messages: []raw.Message{trade("A", 1)}}, nil)
		if err != nil || out[0].Kind != Poisoned || !strings.Contains(out[0].Reason, says) {
			t.Errorf("%s: %+v, %v", identity, out[0], err)
		}
	}
}

// A header that anybody may write must not end a request of others.
func TestForgedIdentitiesArePoison(t *testing.T) {
	for _, header := range []string{"x", " ", "a b", "a 0", "a -1", strings.Repeat("e", 200) + " 1", "\xff 1"} {
		if epoch, seq, err := parseIdentity(header); err == nil {
			t.Errorf("%.20q is %q, %d", header, epoch, seq)
		}
	}
	for header, want := range map[string]uint64{" 7": 7, "7": 7, "a b c 8": 8} {
		if _, seq, err := parseIdentity(header); err != nil || seq != want {
			t.Errorf("%q: %d, %v", header, seq, err)
		}
	}
}

// What is remembered is bounded, and the newest are always told.
func TestAWindowTellsTheNewestAndForgetsTheOldest(t *testing.T) {
	w := window{size: 100}
	for n := range 1000 {
		w.remember(identity(n))
		for k := max(0, n-99); k <= n; k++ {
			if !w.has(identity(k)) {
				t.Fatalf("%d is forgotten after %d", k, n)
			}
		}
	}
	if n := len(w.young) + len(w.old); n > 200 || w.has(1) {
		t.Errorf("%d are kept", n)
	}
}
