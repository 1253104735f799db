package gatewaytest

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// badFramesSent is how many one scenario sends.
	badFramesSent = 1000
	// heldMost is what they may leave behind in memory, clients included.
	heldMost = 4 << 20
)

// Seed makes what is random the same in every run; OUTCRY_SEED is another.
func Seed(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if text := os.Getenv("OUTCRY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("OUTCRY_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("OUTCRY_SEED=%d does it again", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// A broken or hostile client must be told what is wrong with each of its frames, for as long as
// it goes on, and cost nobody else a post or a price, nor the server its memory.
func thousandBadFrames(t *testing.T, h *house) {
	h.pit()
	well := Neighbour(t, h.Floor, h.dial(t))
	b := &bully{h: h, t: t, draw: &draw{Rand: Seed(t)}, seen: map[string]int{}}
	defer func() {
		if t.Failed() {
			t.Logf("the last one was %s: %v %q", b.last.what, b.last.frame, b.last.raw)
		}
	}()
	b.settle()
	well()
	before, routines := Held(), runtime.NumGoroutine()
	for i := range badFramesSent {
		b.send(b.draw.next())
		if i%20 == 0 {
			well()
		}
	}
	well()
	b.p.barrier(77)
	h.Quote("A", 777, 778)
	b.p.update("price for who sent them all", func(u *outcryv1.Update) bool { return u.GetQuote().GetQuote().GetBidPrice() == 777 })
	if more := Held() - before; more > heldMost {
		t.Errorf("%d bad frames left %d bytes behind", badFramesSent, more)
	}
	if n := runtime.NumGoroutine(); n > routines+20 {
		t.Errorf("there were %d goroutines, and now there are %d", routines, n)
	}
	b.settled()
}

// bully sends bad frames over one connection, and over a new one after each
// that ends it.
type bully struct {
	h    *house
	t    *testing.T
	p    *peer
	draw *draw
	last bad
	seen map[string]int
}

// settle connects and subscribes, so that there is something to lose.
func (b *bully) settle() {
	b.t.Helper()
	b.p = b.h.connect(b.t, "bully")
	b.p.granted(to(quotes("A")), &outcryv1.Subscription{Topic: talk("pit"), UnackedMax: 10, Recent: 1})
	b.p.barrier(1)
}

func (b *bully) send(bad bad) {
	b.t.Helper()
	b.last = bad
	b.seen[bad.what]++
	p := b.p
	if bad.fresh {
		p = &peer{Client: b.h.dial(b.t), t: b.t}
		defer p.Cut()
	}
	var err error
	if bad.frame != nil {
		err = p.Send(bad.frame)
	} else {
		err = p.SendRaw(bad.raw)
	}
	if err != nil && !bad.ends { // one that ends the connection may do so before it is sent whole
		b.t.Fatalf("sending %s: %v", bad.what, err)
	}
	if bad.ends {
		b.ended(p, bad)
		return
	}
	f := p.frame("refusal of "+bad.what, func(f *outcryv1.ServerFrame) bool { return len(refusalsIn(f)) > 0 })
	for _, e := range refusalsIn(f) {
		b.told(bad, e)
	}
}

// told demands an error that a program and its author can use.
func (b *bully) told(bad bad, e *outcryv1.Error) {
	b.t.Helper()
	if !slices.Contains(bad.codes, e.GetCode()) || e.GetText() == "" || e.GetRetry() == outcryv1.Retry_RETRY_UNSPECIFIED {
		b.t.Fatalf("%s (%v, %q) was answered %v, want %v", bad.what, bad.frame, bad.raw, e, bad.codes)
	}
}

// ended demands that the connection ends with the code, and goes on with another one.
func (b *bully) ended(p *peer, bad bad) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		f, err := p.Receive(ctx)
		if ctx.Err() != nil {
			b.t.Fatalf("%s did not end the connection", bad.what)
		}
		if err != nil {
			if code := p.Code(err); !slices.Contains(bad.codes, code) {
				b.t.Fatalf("%s ended the connection with %s (%v), want %v", bad.what, code, err, bad.codes)
			}
			break
		}
		for _, e := range refusalsIn(f) {
			b.told(bad, e)
		}
	}
	p.Cut()
	if p == b.p {
		b.settle()
	}
}

// settled demands that all kinds were sent.
func (b *bully) settled() {
	if len(b.seen) != len(kinds) {
		b.t.Errorf("of %d kinds were sent %v", len(kinds), b.seen)
	}
}

// refusalsIn a frame; none where it is no answer, or one that grants something.
func refusalsIn(f *outcryv1.ServerFrame) (all []*outcryv1.Error) {
	answers := append(f.GetSubscribed().GetAnswers(), f.GetUnsubscribed().GetAnswers()...)
	for _, a := range answers {
		all = append(all, a.GetError())
	}
	for _, e := range []*outcryv1.Error{f.GetError(), f.GetAnswer().GetError(), f.GetHistory().GetError(), f.GetSignedIn().GetError(), f.GetHello().GetResumeError()} {
		if e != nil {
			all = append(all, e)
		}
	}
	return all
}
