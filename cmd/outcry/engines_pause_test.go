package main

import (
	"testing"
	"time"

	"outcry/internal/engines"
)

// pausePairs are looked at in turn, so that what else happens on the machine is in both.
const pausePairs = 5

// Breaks for users: the store has a bad night, and prices come late.
func TestAPausedStoreDelaysNoPush(t *testing.T) {
	engines.Need(t)
	s := newServerOn(t, onRealEngines)
	_, cassandra := realEngines.on(t, 1)
	p := playTape(t, s.client(), "PAUSE")
	w := watchPushes(t, s.url, p)
	lasts(3 * time.Second)
	var ratios []float64
	for range pausePairs {
		w.take()
		lasts(4 * time.Second)
		before := w.take()
		cassandra.Pause(0)
		lasts(500 * time.Millisecond) // what was under way
		w.take()
		lasts(4 * time.Second)
		during := w.take()
		cassandra.Resume(0)
		lasts(3 * time.Second) // what the store has missed
		ratios = append(ratios, during.P99/before.P99)
		t.Logf("p99 of pushes %.2f ms before, %.2f ms while the store is paused", before.P99, during.P99)
		if during.N < before.N/2 {
			t.Errorf("while the store is paused %d pushes came, before %d", during.N, before.N)
		}
	}
	w.stop()
	p.stop()
	p.check("server", byServer{s})
	ratio := median(ratios)
	t.Logf("median of %d ratios: %.2f of %.2f", len(ratios), ratio, ratios)
	if load := loadPerCore(); ratio > 1.2 && load > 2 {
		t.Skipf("the ratio %.2f is not judged: %.1f processes wait for each core; run this test alone", ratio, load)
	}
	if ratio > 1.2 {
		t.Errorf("p99 of pushes while the store is paused is %.2f times what it was before, want at most 1.2", ratio)
	}
}
