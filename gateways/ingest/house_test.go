package ingest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"outcry/actors/instrument"
	"outcry/actors/room"
	"outcry/events"
	"outcry/events/embedded"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// house is a Service over a real log and the real folds.
type house struct {
	*Service
	t       *testing.T
	log     events.Log
	mu      sync.Mutex
	tape    map[string]*instrument.State
	talk    map[string]*room.State
	publish *events.Publisher
}

func newHouse(t *testing.T) *house {
	t.Helper()
	log, err := embedded.Open(t.TempDir(), embedded.Config{InstrumentPartitions: 2, RoomPartitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, log: log, tape: map[string]*instrument.State{}, talk: map[string]*room.State{}, publish: events.NewPublisher(log, events.PublisherConfig{})}
	h.Service = New(Config{Publisher: h.publish, Folds: h})
	t.Cleanup(func() {
		if err := h.publish.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// AwaitFolded folds the record now; every record is awaited once.
func (h *house) AwaitFolded(p events.Position, done func(Counts, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	messages, err := h.log.Subscriber(p).Subscribe(ctx, p.Kind.Topic())
	if err != nil {
		done(Counts{}, err)
		return
	}
	m := <-messages
	var d events.Decoder
	b, err := d.Decode(m.Payload)
	if err == nil {
		done(h.fold(b), nil)
	} else {
		done(Counts{}, err)
	}
	m.Ack()
}

func (h *house) fold(b *events.Batch) (c Counts) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range b.Instruments {
		g := &b.Instruments[i]
		s := h.tape[g.Instrument]
		if s == nil {
			s = instrument.New(strings.Clone(g.Instrument))
			h.tape[strings.Clone(g.Instrument)] = s
		}
		var f instrument.Facts
		s.Fold(b, g, &f)
		c.Accepted, c.Duplicates, c.Late, c.Refused = c.Accepted+f.Accepted, c.Duplicates+f.Duplicates, c.Late+f.Late, c.Refused+f.Refused
		for _, r := range f.Refusals {
			c.Refusals = append(c.Refusals, Refusal{Entity: strings.Clone(g.Instrument), SourceSeq: g.Ticks[r.Index].SourceSeq, Error: &outcryv1.Error{Code: r.Code, Text: r.Text}})
		}
	}
	for _, g := range b.Rooms {
		s := h.talk[g.Room]
		if s == nil {
			s = room.New(g.Room)
			h.talk[g.Room] = s
		}
		var f room.Facts
		s.Fold(&b.Header, g, &f)
		for _, o := range f.Outcomes {
			if o.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_ACCEPTED {
				c.Accepted++
			} else {
				c.Duplicates++
			}
		}
	}
	return c
}

// view is an instrument as it stands.
func (h *house) view(id string) (v instrument.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.tape[id]; s != nil {
		s.View(&v)
	}
	return v
}

// inside is the context of what the server itself ingests.
func (h *house) inside() context.Context { return identity.With(h.t.Context(), identity.Server()) }

// post sends a body and gives the status and what was counted.
func (h *house) post(path, key, body string) (int, outcome) {
	h.t.Helper()
	return h.postAs(identity.Server(), path, key, body)
}

func (h *house) postAs(who *identity.Identity, path, key, body string) (int, outcome) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r = r.WithContext(identity.With(r.Context(), who))
	r.Header.Set("Idempotency-Key", key)
	w := httptest.NewRecorder()
	h.Handler(func(_ *http.Request, id string) (*outcryv1.Definition, error) {
		if v := h.view(id); v.Defined {
			return v.Definition.Proto(), nil
		}
		return nil, nil
	}).ServeHTTP(w, r)
	var out outcome
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			h.t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w.Code, out
}
