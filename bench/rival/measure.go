package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"outcry/bench/crowd"
	"outcry/bench/load"
	"outcry/bench/pair"
	"outcry/bench/path"
)

func (s *settings) crowd(address string, sessions int) (*crowd.Process, error) {
	return crowd.Start("clients", "--address", address, "--instruments", fmt.Sprint(s.instruments), "--sessions", fmt.Sprint(sessions),
		"--subscriptions", fmt.Sprint(s.subscriptions), "--watch", s.watch, "--seed", fmt.Sprint(s.seed))
}

func (s *settings) floor() *load.Floor {
	if s.events == "even" {
		return load.Even(s.instruments, s.seed)
	}
	return load.New(s.instruments, s.seed)
}

// fanout publishes at a rate to sessions that follow some channels.
func (s *settings) fanout() (side pair.Side, err error) {
	r, err := s.serve()
	if err != nil {
		return side, err
	}
	clients, err := s.crowd(r.address, s.sessions)
	if err != nil {
		return side, err
	}
	p := &publisher{node: r.node, floor: s.floor(), rate: s.rate}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	snapshots := make(chan int64)
	go func() { done <- p.run(ctx, snapshots) }()
	time.Sleep(s.warmUp)
	if err := clients.Count(); err != nil {
		return side, err
	}
	before, cpu, began := <-snapshots, path.CPUTime(), time.Now()
	time.Sleep(s.duration)
	used, took, after := path.CPUTime()-cpu, time.Since(began), <-snapshots
	report, err := clients.Report()
	stop()
	if err = errors.Join(err, <-done); err != nil {
		return side, err
	}
	c := &report.Counts
	return pair.Side{Seconds: took.Seconds(), Cores: used.Seconds() / took.Seconds(), Published: uint64(after - before), Delivered: c.Updates,
		Messages: c.Messages, Bytes: c.Bytes, P50Ms: ms(c.Spread.Quantile(0.5)), P99Ms: ms(c.Spread.Quantile(0.99))}, r.close()
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// idle holds connections without subscriptions and without traffic.
func (s *settings) idle() (side pair.Side, err error) {
	r, err := s.serve()
	if err != nil {
		return side, err
	}
	before := memory()
	s.subscriptions = 0
	clients, err := s.crowd(r.address, s.connections)
	if err != nil {
		return side, err
	}
	time.Sleep(s.warmUp)
	after := memory()
	_ = clients.Kill() // it says that it was killed
	return pair.Side{Connections: s.connections, KBOfGo: kb(before.Go, after.Go, s.connections), KBOfRSS: kb(before.RSS, after.RSS, s.connections)}, nil
}

func kb(before, after uint64, n int) float64 {
	return (float64(after) - float64(before)) / 1024 / float64(n)
}

// collect gives back to the system what is not used.
func collect() {
	for range 2 {
		debug.FreeOSMemory()
	}
}
