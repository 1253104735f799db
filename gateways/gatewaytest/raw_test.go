package gatewaytest_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/pump"
)

const (
	// batches of conversations that are held at once: HTTP/2's server lingers for a second after its last words.
	batches, batch = 10, 100
	// heldMost is what all of them together may leave behind.
	heldMost = 4 << 20
)

// spoken is a conversation byte by byte: how it begins, what follows, and what half of them end with.
type spoken struct {
	head, body, bye []byte
	// legible fails the test where an answer, which may be cut off, is not of the protocol.
	legible func(t *testing.T, said, answer []byte)
}

// Breaks for users: a scanner, a broken proxy or an attacker whose bytes are
// nearly right would cost everybody else the server.
func TestBytesThatAreNearlyRightHarmNobody(t *testing.T) {
	for name, one := range ways {
		t.Run(name, func(t *testing.T) {
			one.nearlyRight(t)
		})
	}
}

func (w way) nearlyRight(t *testing.T) {
	floor, pumps := gatewaytest.Open(t, pump.Observer{})
	address := w.open(t, pumps)
	well := gatewaytest.Neighbour(t, floor, w.dial(t, address))
	well()
	random, said := gatewaytest.Seed(t), w.spoken(t)
	// As it is it is answered with hello, a price and a pong, maybe compressed.
	whole := func(answer []byte) bool { return len(answer) >= 300 }
	if answer := w.say(t, address, said, slices.Concat(said.head, said.body), false, patience, whole); !whole(answer) {
		t.Fatalf("as it is it was answered %q", answer)
	}
	before := gatewaytest.Held()
	for range batches {
		var all sync.WaitGroup
		for i := range batch {
			p := said.torn(random)
			all.Go(func() { w.say(t, address, said, p, w.tls && i%4 == 0, moment, greeted) })
		}
		well()
		all.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	well()
	for deadline := time.Now().Add(patience); pumps.Clients() > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d clients are left", pumps.Clients())
		}
	}
	if more := gatewaytest.Held() - before; more > heldMost {
		t.Errorf("%d conversations left %d bytes behind", batches*batch, more)
	}
}

// say speaks until the server hangs up, which it must once we have nothing more
// to say, and gives what it answered: enough of it is waited for, for a moment. below speaks to TLS as if it were not there.
func (w way) say(t *testing.T, address string, s spoken, p []byte, below bool, within time.Duration, enough func(answer []byte) bool) (answer []byte) {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		defer conn.Close()
		err = conn.SetDeadline(time.Now().Add(patience))
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	talk := conn.(half)
	if !below {
		talk = w.wrap(talk)
	}
	_, err = talk.Write(p) // it may hang up on us before we are through
	answer, unread := first(talk, within, enough), talk.CloseWrite()
	if unread == nil {
		var more []byte
		more, unread = io.ReadAll(talk)
		answer = append(answer, more...)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(unread, os.ErrDeadlineExceeded) {
		t.Errorf("the server does not hang up after %q; it said %q", p, answer)
	}
	if !below { // TLS has words of its own
		s.legible(t, p, answer)
	}
	return answer
}

func dialTCP(t *testing.T, address string) half {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the test may have closed it
	return conn.(half)
}

// wrap speaks TLS on a connection where that is spoken.
func (w way) wrap(conn half) half {
	if !w.tls {
		return conn
	}
	config := unchecked()
	config.NextProtos = w.protocols
	return tls.Client(conn, config)
}

// first reads until the server has said enough, or nothing for a moment: what
// comes behind the end of what we say it need not answer.
func first(conn net.Conn, within time.Duration, enough func(answer []byte) bool) (answer []byte) {
	_ = conn.SetReadDeadline(time.Now().Add(within)) // an error comes again below
	defer func() { _ = conn.SetReadDeadline(time.Now().Add(patience)) }()
	p := make([]byte, 4096)
	for !enough(answer) {
		n, err := conn.Read(p)
		answer = append(answer, p[:n]...)
		if err != nil {
			break
		}
	}
	return answer
}

// moment is how long a greeting is waited for that may not come.
const moment = 100 * time.Millisecond

// greeted looks for what answers hello, in every encoding that is not compressed.
func greeted(answer []byte) bool { return bytes.Contains(answer, []byte("lineage-1")) }

// half is a connection one of whose sides can be closed.
type half interface {
	net.Conn
	CloseWrite() error
}

// torn is the conversation with some mistakes, more often after its beginning: in
// most protocols a mistake there ends everything.
func (s spoken) torn(r *rand.Rand) []byte {
	body := slices.Clone(s.body)
	if r.IntN(2) == 0 {
		body = append(body, s.bye...)
	}
	if r.IntN(4) == 0 {
		return tear(r, append(slices.Clone(s.head), body...))
	}
	return append(slices.Clone(s.head), tear(r, body)...)
}

// tear makes mistakes in p.
func tear(r *rand.Rand, p []byte) []byte {
	for range 1 + r.IntN(4) {
		if len(p) == 0 {
			return p
		}
		at := r.IntN(len(p))
		to := at + r.IntN(min(len(p)-at, 40)+1)
		switch r.IntN(8) {
		case 0:
			p[at] ^= 1 << r.IntN(8)
		case 1:
			p[at] = byte(r.Uint32())
		case 2:
			p[at] = 0xff // the largest length
		case 3:
			p = p[:at]
		case 4:
			p = slices.Delete(p, at, to)
		case 5: // said twice
			p = slices.Insert(p, at, slices.Clone(p[at:to])...)
		case 6:
			p = slices.Insert(p, at, noise(r, 40)...)
		case 7:
			p = slices.Concat(p[at:], p[:at])
		}
	}
	return p
}

func noise(r *rand.Rand, most int) []byte {
	p := make([]byte, r.IntN(most))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}
