package scylla

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gocql/gocql"
)

// Config of a store; Hosts are needed, the rest has defaults.
type Config struct {
	// Hosts are some of the cluster's nodes, HOST or HOST:PORT; all with the same port (9042).
	Hosts []string
	// Keyspace of the tables; default "outcry". It is made where there is none.
	Keyspace string
	// Datacenter of this machine; requests stay in it. Empty: that of the first node that answers.
	Datacenter         string
	Username, Password string
	// TLS encrypts connections where it is not nil.
	TLS *tls.Config
	// Replication is how many copies of each row the data centre keeps, where the
	// keyspace is made; default 3. With fewer, which AcceptWeak allows, rows stop
	// or are lost with one node.
	Replication int
	AcceptWeak  bool
	// Consistency that reads and writes wait for; default LOCAL_QUORUM.
	Consistency string
	// Lineage of the log whose rows these are. A keyspace that holds another one's
	// is refused. Empty: not compared.
	Lineage string
	// Identity is what Store.Identity gave before; another store, or none, is refused. Empty: not compared.
	Identity string
	// BlockWindow is how much time one table of disk with tick blocks spans; default a day.
	BlockWindow time.Duration
	// BlockTTL is how long tick blocks stay, 20 to 30 windows say; 0 is for ever.
	// Both count where the tables are made.
	BlockTTL time.Duration
	// Timeout of one request; default 5 s.
	Timeout time.Duration
	// InFlight bounds the writes under way; default 128. The store finds what the cluster bears below it.
	InFlight int
	Logger   *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Keyspace == "" {
		c.Keyspace = "outcry"
	}
	if c.Replication == 0 {
		c.Replication = 3
	}
	if c.Consistency == "" {
		c.Consistency = "LOCAL_QUORUM"
	}
	if c.BlockWindow == 0 {
		c.BlockWindow = 24 * time.Hour
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.InFlight == 0 {
		c.InFlight = 128
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

var keyspaceName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

// Validate gives all faults at once.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	add(len(c.Hosts) == 0, "hosts: name at least one node")
	port := ""
	for _, h := range c.Hosts {
		_, p, err := hostAndPort(h)
		add(err != nil, "hosts: %q is no HOST or HOST:PORT", h)
		add(err == nil && port != "" && strconv.Itoa(p) != port, "hosts: %q has another port than the one before; all nodes of a cluster have one", h)
		if err == nil {
			port = strconv.Itoa(p)
		}
	}
	add(!keyspaceName.MatchString(c.Keyspace), "keyspace: %q: use a-z, 0-9 and _, a letter first, at most 48", c.Keyspace)
	add(c.Replication < 1 || c.Replication > 99, "replication: %d: from 1 to 99 are possible", c.Replication)
	add(c.Replication > 0 && c.Replication < 3 && !c.AcceptWeak, "replication: %d: with fewer than 3 copies one lost node stops or loses rows; accept that by accept_weak, or have 3", c.Replication)
	add(c.Username == "" && c.Password != "", "username: missing, though there is a password")
	_, err := consistency(c.Consistency)
	add(err != nil, "consistency: %q: one of ONE, LOCAL_ONE, QUORUM, LOCAL_QUORUM, ALL", c.Consistency)
	add(c.BlockWindow < time.Minute || c.BlockWindow%time.Minute != 0, "block window: %v: whole minutes, at least one", c.BlockWindow)
	add(c.BlockTTL != 0 && c.BlockTTL < c.BlockWindow, "block TTL: %v: at least one window of %v", c.BlockTTL, c.BlockWindow)
	add(c.BlockTTL > 20*365*24*time.Hour, "block TTL: %v: at most 20 years; 0 keeps blocks for ever", c.BlockTTL)
	add(c.Timeout < 100*time.Millisecond, "timeout: %v: at least 100ms", c.Timeout)
	add(c.InFlight < 1 || c.InFlight > 1024, "in flight: %d: from 1 to 1024 are possible", c.InFlight)
	return errors.Join(faults...)
}

func consistency(word string) (gocql.Consistency, error) {
	switch strings.ToUpper(word) {
	case "ONE", "LOCAL_ONE", "QUORUM", "LOCAL_QUORUM", "ALL":
		return gocql.ParseConsistencyWrapper(strings.ToUpper(word))
	}
	return 0, errors.New("unknown")
}

// hostAndPort takes HOST, HOST:PORT, and addresses of IPv6 with or without brackets.
func hostAndPort(text string) (host string, port int, err error) {
	if net.ParseIP(text) != nil || !strings.Contains(text, ":") {
		if text == "" || strings.ContainsAny(text, " /") {
			return "", 0, errors.New("no host")
		}
		return text, 9042, nil
	}
	host, p, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return "", 0, errors.New("no host and port")
	}
	port, err = strconv.Atoi(p)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, errors.New("no port")
	}
	return host, port, nil
}
