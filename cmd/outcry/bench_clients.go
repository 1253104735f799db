package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/bench/crowd"
	"outcry/bench/load"
	"outcry/bench/path"
)

// newBenchClients is a process of its own, so that the server's CPU time is the server's.
func newBenchClients() *cobra.Command {
	var c benchClients
	cmd := &cobra.Command{Use: "clients", Hidden: true, Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.ids = load.New(c.instruments, 0).IDs()
			return crowd.Serve(cmd.InOrStdin(), cmd.OutOrStdout(), c.sessions, c.dial)
		}}
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "")
	f.IntVar(&c.instruments, "instruments", 0, "")
	f.IntVar(&c.sessions, "sessions", 0, "")
	f.IntVar(&c.subscriptions, "subscriptions", 0, "")
	f.DurationVar(&c.interval, "interval", 0, "")
	f.StringVar(&c.watch, "watch", "", "")
	f.Uint64Var(&c.seed, "seed", 0, "")
	return cmd
}

func startClients(url string, s *path.Settings) (*crowd.Process, error) {
	return crowd.Start("bench", "clients", "--address", strings.TrimPrefix(url, "http://"),
		"--instruments", fmt.Sprint(s.Instruments), "--sessions", fmt.Sprint(s.Sessions), "--subscriptions", fmt.Sprint(s.Subscriptions),
		"--interval", fmt.Sprintf("%gms", s.IntervalMs), "--watch", s.Watch, "--seed", fmt.Sprint(s.Seed))
}

// benchClients are sessions that follow quotes and count what they get.
type benchClients struct {
	address                              string
	instruments, sessions, subscriptions int
	interval                             time.Duration
	watch                                string
	seed                                 uint64

	ids []string
}

func (c *benchClients) dial(i int) (crowd.Follower, error) {
	var topics []string
	for _, n := range load.Some(len(c.ids), c.subscriptions, c.watch == "zipf", c.seed+uint64(i)) {
		topics = append(topics, c.ids[n])
	}
	perSecond := 0.0
	if c.interval > 0 {
		perSecond = float64(time.Second) / float64(c.interval)
	}
	return path.DialWatch(c.address, topics, perSecond)
}
