package gatewaytest_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	costInstruments = 200
	costRounds      = 100
)

// TestWhatAConnectionCosts is no test: it tells what each transport costs the
// server, in memory a connection and in processor time an update. The clients
// run in another process. OUTCRY_COST is their number.
func TestWhatAConnectionCosts(t *testing.T) {
	clients, err := strconv.Atoi(os.Getenv("OUTCRY_COST"))
	if err != nil {
		t.Skip("a measurement: OUTCRY_COST=1000 go test -v -run WhatAConnectionCosts ./gateways/gatewaytest")
	}
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		t.Run(name, func(t *testing.T) { cost(t, name, clients) })
	}
}

func cost(t *testing.T, name string, clients int) {
	var updates atomic.Int64
	floor, pumps := gatewaytest.Open(t, pump.Observer{Wrote: func(_, n int) { updates.Add(int64(n)) }})
	for i := range costInstruments {
		floor.Define(instrument(i))
		floor.Quote(instrument(i), 1, 2)
	}
	address := ways[name].open(t, pumps)
	before := gatewaytest.Held()
	away := child(t, name, address, clients)
	idle := gatewaytest.Held() - before
	settle := func(want int64) {
		for updates.Load() < want {
			time.Sleep(time.Millisecond)
		}
	}
	settle(int64(clients * costInstruments))
	watching := gatewaytest.Held() - before
	used, began := processor(), updates.Load()
	for round := range costRounds {
		for i := range costInstruments / 2 {
			floor.Quote(instrument(i), int64(round+10), int64(round+11))
		}
		settle(began + int64((round+1)*clients*costInstruments/2))
	}
	n := updates.Load() - began
	t.Logf("%-16s %d clients: %.1f KB a connection, %.1f KB with %d topics, %.2f µs an update, %.1f µs a message of %d", name, clients,
		float64(idle)/float64(clients)/1e3, float64(watching)/float64(clients)/1e3, costInstruments,
		float64((processor()-used).Nanoseconds())/1e3/float64(n), float64((processor()-used).Nanoseconds())/1e3/float64(clients*costRounds), costInstruments/2)
	away()
}

func instrument(i int) string { return fmt.Sprintf("I%d", i) }

func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// child connects clients from another process and returns when all are
// greeted; they subscribe after that.
func child(t *testing.T, name, address string, clients int) (end func()) {
	c := exec.Command(os.Args[0], "-test.run", "^TestClientsOfAMeasurement$")
	c.Env = append(os.Environ(), "OUTCRY_COST=", fmt.Sprintf("OUTCRY_COST_CLIENTS=%s %s %d", name, address, clients))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "greeted" {
	}
	go func() { _, _ = in.Write([]byte("go\n")) }()
	return func() {
		_ = in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestClientsOfAMeasurement is the other process of TestWhatAConnectionCosts.
func TestClientsOfAMeasurement(t *testing.T) {
	order := strings.Fields(os.Getenv("OUTCRY_COST_CLIENTS"))
	if len(order) == 0 {
		t.Skip("runs for another test")
	}
	n, err := strconv.Atoi(order[2])
	if err != nil {
		t.Fatal(err)
	}
	subscribe := &outcryv1.Subscribe{}
	for i := range costInstruments {
		subscribe.Subscriptions = append(subscribe.Subscriptions, &outcryv1.Subscription{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: instrument(i)}})
	}
	var all []gatewaytest.Client
	for range n {
		c := ways[order[0]].dial(t, order[1])
		all = append(all, c)
		if err := c.Send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("greeted")
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	for _, c := range all {
		if err := c.Send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: subscribe}}); err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				if _, err := c.Receive(context.Background()); err != nil {
					return
				}
			}
		}()
	}
	in.Scan() // until the end
	for _, c := range all {
		c.Cut()
	}
}
