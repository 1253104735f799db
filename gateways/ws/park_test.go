package ws_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
)

// Breaks for users: a server of twenty thousand who just watch needs 5 KB more for each of them.
func TestAnIdleClientHasNoGoroutine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("here each has one")
	}
	const clients = 200
	o := openOffice(t)
	o.guest() // and the server's own goroutines are there
	before := runtime.NumGoroutine()
	var all []*raw
	for range clients {
		all = append(all, o.guest())
	}
	few := func() bool { return runtime.NumGoroutine() < before+clients/10 }
	eventually(t, "no goroutine for each client", few)
	for i, c := range all {
		c.write(question(t, int64(i)))
	}
	for i, c := range all {
		c.answered(int64(i))
	}
	eventually(t, "no goroutine for each client that was read again", few)
}

// Breaks for users: a message of a slow network is lost or cut, or the client waits for ever.
func TestMessagesInPiecesAndInHeapsAreAnsweredInOrder(t *testing.T) {
	o := openOffice(t)
	c := o.guest()
	for cut := range len(question(t, 1)) {
		n := int64(100 + cut)
		whole := question(t, n)
		c.write(whole[:cut])
		o.guest().reset() // a moment, and others' buffers
		c.write(whole[cut:])
		c.answered(n)
	}
	for _, b := range question(t, 200) {
		c.write([]byte{b})
	}
	c.answered(200)
	heap := []byte{}
	for i := range int64(50) {
		heap = append(heap, question(t, 300+i)...)
	}
	last := question(t, 400)
	c.write(append(heap, last[:5]...))
	for i := range int64(50) {
		c.answered(300 + i)
	}
	c.write(last[5:])
	c.answered(400)
}

// Breaks for users: a proxy or a library that asks whether the server is there takes it for dead.
func TestAnIdleClientsPingsAreAnswered(t *testing.T) {
	o := openOffice(t)
	c := o.guest()
	for _, word := range []string{"one", "two", "three"} {
		c.frame(final|opPing, []byte(word))
		for {
			head, payload := c.next()
			if head == final|opPong {
				if string(payload) != word {
					t.Fatalf("pong %q, want %q", payload, word)
				}
				break
			}
		}
	}
}

// Breaks for users: whoever went stays among those who are here, and takes a place.
func TestAnIdleClientThatGoesIsMissed(t *testing.T) {
	for name, goes := range map[string]func(*raw){
		"half close": func(c *raw) {
			if err := c.conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		},
		"close": func(c *raw) {
			if err := c.conn.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"reset":          (*raw).reset,
		"amid a message": func(c *raw) { c.write(question(t, 1)[:3]); c.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			stays := o.guest()
			for range 20 {
				goes(o.guest())
			}
			o.left(1)
			stays.write(question(t, 7))
			stays.answered(7)
		})
	}
}

// Breaks for users: a server that restarts hangs, or goes without telling idle clients to come back.
func TestIdleClientsAreToldThatTheServerStops(t *testing.T) {
	o := openOffice(t)
	var all []*raw
	for range 50 {
		all = append(all, o.guest())
	}
	o.stop()
	for _, c := range all {
		c.bye()
	}
}

// Breaks for users: a client that says something just when the server stops hangs, and the server with it.
func TestClientsThatSpeakWhileTheServerStopsAreLetGo(t *testing.T) {
	for range 10 {
		o := openOffice(t)
		var all []*raw
		for range 20 {
			all = append(all, o.guest())
		}
		spoken := make(chan struct{})
		go func() {
			defer close(spoken)
			ask := question(t, 1)
			for range 20 {
				for _, c := range all {
					_, _ = c.conn.Write(ask) // the server may be gone
				}
			}
		}()
		var heard sync.WaitGroup
		for _, c := range all {
			heard.Go(func() {
				_, _ = io.Copy(io.Discard, c.conn)
				_ = c.conn.Close() // else the server waits for last words
			})
		}
		o.stop()
		<-spoken
		heard.Wait()
	}
}

// bye reads on to the close frame of a server that stops.
func (c *raw) bye() {
	c.t.Helper()
	for {
		head, payload := c.next()
		if head != final|opClose {
			continue
		}
		if !bytes.Equal(payload[:2], []byte{1001 >> 8, 1001 & 0xff}) {
			c.t.Errorf("closed with %q", payload)
		}
		return
	}
}

// Breaks for users: the kernel gives a descriptor to the next client; what came
// of the last one would be answered to this one, or this one never be read.
func TestClientsThatComeAndGoAreNotMistakenForEachOther(t *testing.T) {
	o := openOffice(t)
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]*raw, 40)
	number := int64(0)
	for range 15 {
		for i, c := range all {
			if c == nil {
				all[i] = o.guest()
			}
		}
		asked := map[*raw]int64{}
		for _, c := range all {
			if number++; r.IntN(3) > 0 {
				c.write(question(t, number))
				asked[c] = number
			}
		}
		for i, c := range all {
			switch r.IntN(4) {
			case 0:
				c.reset() // with its answer under way
				all[i] = nil
			case 1:
				c.write(question(t, number)[:1+r.IntN(8)])
				c.reset()
				all[i] = nil
			default:
				if n, ok := asked[c]; ok {
					c.answered(n)
				}
			}
		}
	}
	n := 0
	for _, c := range all {
		if c != nil {
			n++
		}
	}
	o.left(n)
}
