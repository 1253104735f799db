package pump_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"outcry/gateways/fault"
	"outcry/gateways/limit"
	"outcry/gateways/pump"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

func (h *house) list(t *testing.T) map[string]pump.Seen {
	t.Helper()
	all := map[string]pump.Seen{}
	err := h.Each(t.Context(), func(some []pump.Seen) {
		for _, s := range some {
			all[s.Address] = s
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h *house) connectAs(t *testing.T, address, user string) *peer {
	t.Helper()
	p := &peer{conn: newConn(), t: t, peer: pump.Peer{Transport: "test", Peer: limit.Peer{Address: address}}}
	h.attach(p, framing{})
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: user}}})
	p.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	return p
}

// Breaks for users: an operator who is asked "why is my screen still?" would look
// at a list that misses the client, or calls one stalled that is served.
func TestOperatorsSeeEveryClientAsItIs(t *testing.T) {
	h := open(t, pump.Config{Pumps: 3})
	h.Define("A")
	h.Join("pit", "ann")
	silent := &peer{conn: newConn(), t: t, peer: pump.Peer{Transport: "test", Peer: limit.Peer{Address: "silent"}}}
	h.attach(silent, framing{})
	live, slow := h.connectAs(t, "live", "bob"), h.connectAs(t, "slow", "ann")
	for _, p := range []*peer{live, slow} {
		p.subscribe(quotes("A", 0), talk("pit"))
		p.send(ping(1))
		p.pong(1)
	}
	for range 200 {
		h.connectAs(t, "crowd", "").subscribe(quotes("A", 0))
	}
	slow.stall(3)
	h.Quote("A", 1, 2)
	wait(t, "the stall", h.stalled)
	for range 5 {
		h.Post("pit", "ann", "go on")
	}
	live.until("last word", func(f *outcryv1.ServerFrame) bool { return f.GetItems().GetCompleteTo() >= 6 })

	all := h.list(t)
	if s := all["silent"]; s.State != pump.Greeting || s.Transport != "test" {
		t.Errorf("before hello: %+v", s)
	}
	if s := all["live"]; s.State != pump.Live || s.User != "bob" || s.Subscriptions != 2 || s.Lag != 0 || s.Framed == 0 || s.Stuck != 0 || s.ID == "" || s.Since.IsZero() {
		t.Errorf("one that is served: %+v", s)
	}
	if s := all["slow"]; s.State != pump.Stalled || s.User != "ann" || s.Lag != 5 || s.Stuck == 0 {
		t.Errorf("one that takes nothing: %+v", s)
	}
	n := 0
	if err := h.Each(t.Context(), func(some []pump.Seen) { n += len(some) }); err != nil || n != 203 {
		t.Errorf("%d clients are listed, %v", n, err)
	}
	h.end(t, time.Millisecond)
	if err := h.Each(t.Context(), func([]pump.Seen) {}); err == nil {
		t.Error("the list of stopped pumps is no error")
	}
}

// Breaks for users: whoever is thrown out would not be told why, and would come
// back at once; or one that does not read could not be thrown out at all.
func TestAnEndedSessionIsToldWhyAndIsGone(t *testing.T) {
	var log bytes.Buffer
	h := open(t, pump.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	why := fault.NewError(outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "ended by an operator")
	p, slow := h.connectAs(t, "one", "ann"), h.connectAs(t, "slow", "bob")
	if found, err := h.Pumps.End(t.Context(), "nobody", why); found || err != nil {
		t.Errorf("nobody is found: %v", err)
	}
	if found, err := h.Pumps.End(t.Context(), h.list(t)["one"].ID, why); !found || err != nil {
		t.Fatalf("found %v, %v", found, err)
	}
	p.until("the reason", func(f *outcryv1.ServerFrame) bool { return f.GetError().GetText() == why.Text })
	wait(t, "closing", p.closed)
	if !p.saidGoodbye() {
		t.Error("it went without goodbye")
	}

	slow.stall(0)
	slow.send(ping(1))
	wait(t, "the stall", h.stalled)
	id := h.list(t)["slow"].ID
	if err := h.Park(); err != nil { // the test's clock from now on
		t.Fatal(err)
	}
	defer h.Unpark()
	ended := make(chan error, 1)
	go func() {
		_, err := h.Pumps.End(t.Context(), id, why)
		ended <- err
	}()
	for done := false; !done; {
		select {
		case err := <-ended:
			if done = true; err != nil {
				t.Fatal(err)
			}
		default:
			h.Turn(time.Now())
		}
	}
	h.Turn(time.Now().Add(time.Minute))
	wait(t, "closing the one that takes nothing", slow.closed)
	for _, words := range []string{"level=INFO", "ERROR_CODE_FORBIDDEN: ended by an operator", "user=ann", "user=bob"} {
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log does not say %q: %s", words, log.String())
		}
	}
}

// Breaks for users: an operator's figures would tell of other deliveries than clients got.
func TestDeliveriesAreToldByClassWithTheirAges(t *testing.T) {
	var sum session.Tally
	h := open(t, pump.Config{Observer: pump.Observer{Delivered: func(tally *session.Tally) {
		sum.Latest += tally.Latest
		sum.Merged += tally.Merged
		sum.Items += tally.Items
		for i, n := range tally.Ages.Counts {
			sum.Ages.Counts[i] += n
		}
	}}})
	h.Define("A")
	h.Join("pit", "ann")
	p := h.connect(t)
	p.subscribe(quotes("A", 0), talk("pit"))
	p.price(0)
	p.stall(2)
	h.Quote("A", 1, 2)
	wait(t, "the stall", h.stalled)
	for range 9 {
		h.Quote("A", 5, 6)
		h.Quote("A", 7, 8)
		h.Post("pit", "ann", "go on")
	}
	p.release()
	p.until("last word", func(f *outcryv1.ServerFrame) bool { return f.GetItems().GetCompleteTo() == 10 })
	p.price(7)
	h.end(t, patience) // no turn writes to sum any more
	ages := uint32(0)
	for _, n := range sum.Ages.Counts {
		ages += n
	}
	// The snapshot, the first price and the last; of the 18 after the first, 17 were merged into the last.
	if sum.Latest != 3 || sum.Merged != 17 || sum.Items != 10 || ages != 2 {
		t.Errorf("%+v, %d ages", sum, ages)
	}
}
