package main

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"outcry/bench/path"
)

// pushes are clients that watch the tape and measure how old a quote is when it comes.
type pushes struct {
	t     *testing.T
	stop  func()
	state struct {
		sync.Mutex
		path.Spread
	}
}

const pushClients = 4

func watchPushes(t *testing.T, url string, p *tape) *pushes {
	w := &pushes{t: t}
	var running sync.WaitGroup
	var all []*path.Watch
	for n := range pushClients {
		watch, err := path.DialWatch(strings.TrimPrefix(url, "http://"), p.lanes[n%len(p.lanes)].ids, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, watch)
		running.Go(func() { w.read(watch) })
	}
	w.stop = sync.OnceFunc(func() {
		for _, watch := range all {
			watch.Close()
		}
		running.Wait()
	})
	t.Cleanup(w.stop)
	return w
}

// read until the connection is closed by this side; a fault of an engine is no reason to lose a client.
func (w *pushes) read(watch *path.Watch) {
	for merged := time.Now(); ; {
		err := watch.Read()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				w.t.Errorf("a client lost its connection: %v", err)
			}
			return
		}
		if time.Since(merged) < 20*time.Millisecond {
			continue // a spread is large
		}
		w.state.Lock()
		w.state.Merge(&watch.Counts.Spread)
		w.state.Unlock()
		watch.Counts, merged = path.Counts{}, time.Now()
	}
}

// take gives what was measured since it was last asked.
func (w *pushes) take() path.Latency {
	w.state.Lock()
	defer w.state.Unlock()
	l := path.LatencyOf(&w.state.Spread)
	w.state.Spread = path.Spread{}
	return l
}
