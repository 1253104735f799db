package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"outcry/gateways/grpc"
	"outcry/gateways/limit"
	"outcry/gateways/rpc"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// limitSettings bound what clients may ask of this node.
type limitSettings struct {
	connections, perUser, perAddress int
	arrivals                         int
	handshake, idle, request         time.Duration
	requests                         int
	subscriptions, frameBytes        int
	frames, bytes, spent             int // a second
	commands, histories              int // that wait
	exempt, trusted                  []string

	exempted, proxies limit.Prefixes // of the lists
}

// exemptFromStart is loopback: whoever is on this machine can do worse.
var exemptFromStart = []string{"127.0.0.0/8", "::1/128"}

func (c *config) limitSettings(b *settingsOf) {
	l := &c.limits
	b.list(&l.trusted, "http.trusted_proxies", "trusted-proxy", "addresses or ranges of proxies that are believed about whom they ask for (X-Forwarded-For)")
	b.number(&l.connections, "limits.connections", "limit-connections", 20_000, "clients connected at a time")
	b.number(&l.perUser, "limits.connections_per_user", "limit-user-connections", 100, "connections of one user at a time; 0: no bound")
	b.number(&l.perAddress, "limits.connections_per_address", "limit-address-connections", 1000, "connections of one address at a time; 0: no bound")
	b.number(&l.requests, "limits.requests_per_address", "limit-address-requests", 64, "unary requests of one address under way; 0: no bound")
	b.texts(&l.exempt, "limits.exempt_addresses", "limit-exempt", exemptFromStart, "addresses or ranges without bounds per address")
	b.number(&l.arrivals, "limits.arrivals_per_second", "limit-arrivals", 2000, "clients that begin their conversation a second, those who resume first; 0: no bound")
	b.duration(&l.handshake, "limits.handshake_timeout", "limit-handshake", 10*time.Second, "how long a request's head, and then hello, may take")
	b.duration(&l.request, "limits.request_timeout", "limit-request", 5*time.Minute, "how long a unary request may take from its head to the end of its answer; 0: for ever")
	b.duration(&l.idle, "limits.idle_timeout", "limit-idle", 10*time.Minute, "when a connection without subscriptions ends from which nothing comes; 0: never")
	b.number(&l.subscriptions, "limits.subscriptions", "limit-subscriptions", 1000, "subscriptions of a connection")
	b.number(&l.frameBytes, "limits.frame_bytes", "limit-frame-bytes", 64<<10, "bytes of a client's message")
	b.number(&l.frames, "limits.frames_per_second", "limit-frames", 400, "frames a second of a connection, topics counted one by one; 0: no bound")
	b.number(&l.bytes, "limits.bytes_per_second", "limit-bytes", 256<<10, "bytes a second of a connection; 0: no bound")
	b.number(&l.spent, "limits.commands_per_second", "limit-commands", 100, "commands a second of a user, over all connections; 0: no bound")
	b.number(&l.commands, "limits.commands_waiting", "limit-commands-waiting", 64, "commands of a connection that wait for their decision")
	b.number(&l.histories, "limits.histories_waiting", "limit-histories-waiting", 8, "pages of history of a connection that wait to be read")
}

// texts is a list with a default.
func (b *settingsOf) texts(p *[]string, key, flag string, otherwise []string, usage string) {
	b.flags.StringSliceVar(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (c *config) checkLimits() error {
	l := &c.limits
	var err, proxies error
	l.exempted, err = limit.ParsePrefixes(l.exempt)
	l.proxies, proxies = limit.ParsePrefixes(l.trusted)
	const many = 1 << 24
	faults := []error{c.fault("limits.exempt_addresses", err), c.fault("http.trusted_proxies", proxies),
		c.fault("limits.handshake_timeout", positive(l.handshake)),
		c.fault("limits.frame_bytes", between(l.frameBytes, 1<<10, 1<<20)),
		c.fault("limits.commands_waiting", between(l.commands, 1, 4096)), c.fault("limits.histories_waiting", between(l.histories, 1, 1024)),
		c.fault("limits.subscriptions", between(l.subscriptions, 1, many)), c.fault("limits.connections", between(l.connections, 1, many))}
	for key, n := range map[string]int{"limits.connections_per_user": l.perUser, "limits.connections_per_address": l.perAddress,
		"limits.requests_per_address": l.requests, "limits.arrivals_per_second": l.arrivals, "limits.frames_per_second": l.frames,
		"limits.bytes_per_second": l.bytes, "limits.commands_per_second": l.spent} {
		faults = append(faults, c.fault(key, between(n, 0, many)))
	}
	for key, d := range map[string]time.Duration{"limits.request_timeout": l.request, "limits.idle_timeout": l.idle} {
		if d < 0 {
			faults = append(faults, c.fault(key, fmt.Errorf("%s: give a time, or 0", d)))
		}
	}
	return errors.Join(faults...)
}

func positive(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s: give a time, such as 10s", d)
	}
	return nil
}

// arrivalsWait is for how long clients wait in line at most, in seconds.
const arrivalsWait = 10

// sessions is what the settings mean for sessions.
func (l *limitSettings) sessions(c *session.Config) {
	c.Limits = session.Limits{Subscriptions: l.subscriptions, Commands: l.commands, Histories: l.histories, FrameBytes: l.frameBytes,
		FramesPerSecond: l.frames, BytesPerSecond: l.bytes, CommandsPerSecond: l.spent, Idle: l.idle}
	c.HelloWithin = l.handshake
	c.Users = limit.NewCounts[string](l.perUser)
	c.Arrivals = limit.NewGate(l.arrivals, arrivalsWait*l.arrivals)
}

// budgetsMost is how many users' budgets are remembered that are not full.
const budgetsMost = 100_000

// budgets is what users may ask rooms for.
func (l *limitSettings) budgets() *limit.Budgets[string] {
	return limit.NewBudgets[string](l.spent, budgetsMost)
}

// streams are the paths of requests that last as long as their client stays.
var streams = []string{"/ws", "/outcry.v1.Outcry/Connect", grpc.WatchProcedure}

// doors stand before everything that clients reach.
func (l *limitSettings) doors(refused func(outcryv1.ErrorCode)) *limit.Doors {
	return limit.NewDoors(limit.Config{Proxies: l.proxies, Exempt: l.exempted, Connections: l.perAddress, Requests: l.requests,
		RequestWithin: l.request, Streams: streams,
		Refuse: func(w http.ResponseWriter, r *http.Request, e *outcryv1.Error) { rpc.WriteError(w, r, e) }, Refused: refused})
}
