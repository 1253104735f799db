package kafka

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
)

// Defaults and bounds.
const (
	defaultPartitions     = 64
	partitionsMax         = 1024
	defaultReplication    = 3
	minInsyncReplicas     = 2
	defaultPublishTimeout = 2 * time.Minute
	defaultOpenTimeout    = 10 * time.Second

	// RecordBytesMax is the largest payload that Publish takes.
	RecordBytesMax = 8 << 20
	// recordRoom is what a record has around its payload, and its batch around it.
	recordRoom = 4 << 10
)

// Config of a log in Kafka. Brokers are needed, the rest has defaults.
type Config struct {
	// Brokers are HOST:PORT of some of them; the others are learnt.
	Brokers []string
	// Prefix stands before the names of all topics; default none. Logs with
	// different prefixes can share a cluster.
	Prefix string
	// Partitions of each kind, 1 to 1024, fixed when the topics are created;
	// default 64. Topics that have another number are refused; 0 takes what they have.
	Partitions int
	// Replication of topics that are created; default 3, fewer only with AcceptWeak.
	Replication int
	// AcceptWeak takes topics that may lose what was acknowledged or told:
	// fewer than three replicas, fewer than two in sync, unclean election, a
	// retention, a broker's clock. Topics that are created then have as many
	// replicas as there are brokers.
	AcceptWeak bool
	// Rack of this process: records are read from replicas in it, where brokers
	// have a selector for that. Where little is written, a follower learns only
	// with its next question to the leader that a record is durable: up to 0.5 s
	// late, or what replica.fetch.wait.max.ms of the brokers says.
	Rack string
	TLS  TLS
	SASL SASL
	// PublishTimeout bounds how long Publish tries; default 2 minutes. An outage
	// that is shorter is not seen by publishers, who wait.
	PublishTimeout time.Duration
	// OpenTimeout bounds how long Open looks for the cluster; default 10 s.
	OpenTimeout time.Duration
	Observer    Observer
	// Logger; default none.
	Logger *slog.Logger
}

// TLS of the connections. The files are PEM.
type TLS struct {
	Enabled bool
	// CA signs the brokers' certificates; default the system's.
	CA []byte
	// Cert and Key are ours, where brokers ask for one.
	Cert, Key []byte
	// ServerName that the brokers' certificates must have; default each broker's host.
	ServerName string
}

// SASL signs in. Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; empty is no sign-in.
type SASL struct{ Mechanism, User, Password string }

// Observer is told what happens. Its funcs may be nil, are called from many
// goroutines and must not wait.
type Observer struct {
	// Publishing and Reading are told when their state changes: an error as
	// long as there is trouble that is tried again, nil when it is over.
	Publishing, Reading func(error)
	// Retried is told each time when records are tried again.
	Retried func(records int, err error)
	// Published is told of records that are durable, and how long it took.
	Published func(records, bytes int, took time.Duration)
	// Fetched is told of records that a broker gave to readers, and whether it
	// is one of our own rack.
	Fetched func(own bool, records, bytes int)
	// Failed is called once, when the log ends by a failure.
	Failed func(error)
	// Waiting is called when a subscription has handed out all that it was given.
	Waiting func()
}

// Validate gives all faults at once.
func (c *Config) Validate() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(c.Brokers) > 0, "brokers: give HOST:PORT of at least one")
	for _, b := range c.Brokers {
		host, port, err := net.SplitHostPort(b)
		fault(err == nil && host != "" && port != "", "brokers: %q is not HOST:PORT", b)
	}
	fault(c.Partitions >= 0 && c.Partitions <= partitionsMax, "partitions: %d, allowed are 1 to %d", c.Partitions, partitionsMax)
	fault(c.Replication >= 0 && c.Replication <= 99, "replication: %d, allowed are 1 to 99", c.Replication)
	fault(c.AcceptWeak || c.Replication == 0 || c.Replication >= defaultReplication,
		"replication: %d loses records with a broker, %d do not; --accept-weak accepts it", c.Replication, defaultReplication)
	fault(c.PublishTimeout >= 0, "publish timeout: %s is negative", c.PublishTimeout)
	fault(c.OpenTimeout >= 0, "open timeout: %s is negative", c.OpenTimeout)
	fault(validTopic(c.Prefix), "prefix: %q, allowed are up to 200 of a-z A-Z 0-9 . _ -", c.Prefix)
	faults = append(faults, c.TLS.validate(), c.SASL.validate())
	return errors.Join(faults...)
}

// validTopic says whether a name can be (part of) a topic's.
func validTopic(name string) bool {
	return len(name) <= 200 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

func (c Config) withDefaults() Config {
	if c.Replication == 0 {
		c.Replication = defaultReplication
	}
	if c.PublishTimeout == 0 {
		c.PublishTimeout = defaultPublishTimeout
	}
	if c.OpenTimeout == 0 {
		c.OpenTimeout = defaultOpenTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
