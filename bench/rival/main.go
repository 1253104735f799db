// Command rival is centrifuge under the load of `outcry bench`: the server that
// Outcry is measured beside. It is a module of its own, so that the product has
// none of its libraries. One process is server and publisher, as with Outcry's
// benchmark; the clients are another.
//
//	cd bench/rival && go build -o ../../bin/rival .
//	bin/rival fanout --rate 2500 --sessions 1000 --subscriptions 200
//	bin/rival idle --connections 15000
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// settings have the names and meanings of `outcry bench path`.
type settings struct {
	rate                                 float64
	instruments, sessions, subscriptions int
	interval, duration, warmUp           time.Duration
	events, watch                        string
	seed                                 uint64
	connections                          int
	slim                                 bool
	address                              string // of clients
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rival:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do: fanout, idle")
	}
	var s settings
	f := flag.NewFlagSet("rival "+args[0], flag.ExitOnError)
	f.Float64Var(&s.rate, "rate", 2500, "updates a second")
	f.IntVar(&s.instruments, "instruments", 10_000, "channels")
	f.IntVar(&s.sessions, "sessions", 1000, "WebSocket clients")
	f.IntVar(&s.subscriptions, "subscriptions", 200, "channels that each follows")
	f.DurationVar(&s.interval, "interval", 0, "the connection's write delay; 0: none")
	f.DurationVar(&s.duration, "duration", 10*time.Second, "how long to measure")
	f.DurationVar(&s.warmUp, "warm-up", 3*time.Second, "how long to run before")
	f.StringVar(&s.events, "events", "zipf", "zipf or even")
	f.StringVar(&s.watch, "watch", "uniform", "uniform or zipf")
	f.Uint64Var(&s.seed, "seed", 1, "seed of events and watch lists")
	f.IntVar(&s.connections, "connections", 15_000, "idle clients")
	f.BoolVar(&s.slim, "slim", false, "idle: with the settings that save memory")
	f.StringVar(&s.address, "address", "", "of clients: the server's")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "clients":
		return s.clients()
	case "fanout":
		return print(s.fanout())
	case "idle":
		return print(s.idle())
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func print(result any, err error) error {
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
