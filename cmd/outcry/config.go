package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"gopkg.in/yaml.v3"

	"outcry/events/pipeline"
	"outcry/gateways/guard"
	"outcry/gateways/port"
)

// config of a server, and of the commands that open its log and store
// themselves. config_settings.go lists what an operator can set,
// config_load.go says which source wins. The zero value is for nobody: newConfig has the defaults.
type config struct {
	// data is the folder of what this machine keeps: the embedded log, SQLite's rows, server.json.
	data string
	// file is outcry.yaml; empty is the one in data, if there is one.
	file     string
	logLevel string
	// http is the listen address; only loopback is served where nobody signs in.
	http         string
	allowOrigins []string
	allowHosts   []string
	origins      *guard.Origins // of them
	auth         authSettings   // see auth.go
	tls          portTLS
	resume       resumeSettings // see resume.go
	compress     bool           // messages over WebSocket
	// admin serves metrics and profiles; empty is off.
	admin string

	// acceptWeak takes engines that may lose what was acknowledged.
	acceptWeak bool
	// newStore takes another store than the one that was used before.
	newStore     bool
	partitions   int
	logKeepBytes int64
	kafka        kafkaSettings
	scylla       scyllaSettings
	secondBars   bool // bars of 1s are stored
	limits       limitSettings
	stop         stopSettings
	storeQueue   int64             // bytes of rows that wait for the store
	feeds        []feedSetting     // of the section feeds, see feeds.go
	pipelines    []pipeline.Config // of the section pipelines, see pipelines.go
	telemetry    telemetrySettings
	raw          []string // brokers of the topics that they read
	// sections of outcry.yaml that are not single values, see config_sections.go.
	sections map[string]*yaml.Node

	settings []*setting
	// explicit takes nothing but flags, passwords, and the file that --config
	// names: a benchmark must not find somebody's cluster by itself.
	explicit bool
	loaded   string // the file that was read

	// anyPort takes a free port where the one asked for is taken.
	anyPort bool
	logger  *slog.Logger
	// bench is set by benchmarks, spans by tests only.
	bench *benchTap
	spans sdktrace.SpanExporter
}

// kafkaSettings say where the log is when it is in Kafka.
type kafkaSettings struct {
	brokers     []string
	replication int
	topicPrefix string
	publishFor  time.Duration
	rack        string
	tls         tlsSettings
	mechanism   string
	user        string
	password    secret
}

// scyllaSettings say where the rows are when they are in ScyllaDB or Cassandra.
type scyllaSettings struct {
	hosts       []string
	keyspace    string
	blockWindow time.Duration
	blockTTL    time.Duration
	datacenter  string
	replication int
	tls         tlsSettings
	user        string
	password    secret
}

// telemetrySettings say where traces go.
type telemetrySettings struct {
	endpoint string // of OTLP over HTTP; empty is off
	sample   int    // percent of the commands
}

// tlsSettings of a connection to an engine.
type tlsSettings struct {
	enabled       bool
	ca, cert, key string
	serverName    string
}

// secret is a password, here or in a file.
type secret struct{ value, file string }

func (c *config) kafkaLog() bool    { return len(c.kafka.brokers) > 0 }
func (c *config) scyllaStore() bool { return len(c.scylla.hosts) > 0 }

// flags of a command that needs the settings whose keys begin so; none given is all.
func (c *config) flags(cmd *cobra.Command, keys ...string) {
	for _, s := range c.settings {
		if s.flag != "" && s.under(keys) {
			cmd.Flags().AddFlag(s.value)
		}
	}
	cmd.Flags().StringVar(&c.file, "config", c.fileInEnvironment(), "file of settings; default: outcry.yaml in the data folder, if there")
}

func (c *config) fileInEnvironment() string {
	if c.explicit {
		return ""
	}
	return os.Getenv("OUTCRY_CONFIG")
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func defaultData() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "outcry-data"
	}
	return filepath.Join(home, ".outcry")
}

// listen takes the address, or a free port beside it where that is allowed.
func listen(ctx context.Context, addr string, anyPort bool) (net.Listener, error) {
	l, err := port.Listen(ctx, addr)
	if err != nil && anyPort {
		host, _, _ := net.SplitHostPort(addr)
		if free, freeErr := port.Listen(ctx, net.JoinHostPort(host, "0")); freeErr == nil {
			return free, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; choose another with --http or --admin", addr, err)
	}
	return l, nil
}

// read gives the password, from its file where it is in one.
func (s secret) read() (string, error) {
	if s.file == "" {
		return s.value, nil
	}
	if s.value != "" {
		return "", errors.New("there is a password and a file of it: give one of them")
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1] // as editors end a file
	}
	return string(text), nil
}
