package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"outcry/gateways/guard"
)

// config of a server. Flags beat the environment (OUTCRY_DATA, OUTCRY_HTTP), which beats the defaults.
type config struct {
	// data is the folder of log and rows.
	data string
	// http is the listen address; only loopback is served.
	http string
	// admin serves metrics and profiles; empty is off.
	admin        string
	allowOrigins []string
	origins      *guard.Origins // of them
	logKeepBytes int64
	partitions   int
	logLevel     string
	// anyPort takes a free port where the one asked for is taken.
	anyPort bool
	logger  *slog.Logger
	// bench is set by benchmarks only.
	bench *benchTap
}

func (c *config) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.data, "data", envOr("OUTCRY_DATA", defaultData()), "folder of the log and the rows")
	f.StringVar(&c.http, "http", envOr("OUTCRY_HTTP", "127.0.0.1:8080"), "address to serve HTTP and WebSocket on (loopback only)")
	f.StringVar(&c.admin, "admin", envOr("OUTCRY_ADMIN", "127.0.0.1:8081"), "address of /metrics and /debug/pprof; empty: off")
	f.StringSliceVar(&c.allowOrigins, "allow-origin", nil, "origins of other pages that may connect, such as https://desk.example")
	f.Int64Var(&c.logKeepBytes, "log-keep", 0, "bytes of log to keep at least; 0 keeps everything")
	f.IntVar(&c.partitions, "partitions", 0, "partitions of each kind, fixed when the folder is created; 0: 16, or what the folder has")
	f.StringVar(&c.logLevel, "log-level", envOr("OUTCRY_LOG_LEVEL", "info"), "debug, info, warn or error")
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

// check gives all faults at once and makes the logger.
func (c *config) check() error {
	var faults []error
	for name, addr := range map[string]string{"--http": c.http, "--admin": c.admin} {
		if addr == "" && name == "--admin" {
			continue
		}
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s %q: %w", name, addr, err))
		} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			faults = append(faults, fmt.Errorf("%s %q: only loopback is served until sign-in exists; use 127.0.0.1", name, addr))
		}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		faults = append(faults, fmt.Errorf("--log-level %q: there are debug, info, warn, error", c.logLevel))
	}
	origins, err := guard.ParseOrigins(c.allowOrigins)
	if err != nil {
		faults = append(faults, fmt.Errorf("--allow-origin: %w", err))
	}
	c.origins = origins
	c.logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return errors.Join(faults...)
}

// listen takes the address, or a free port beside it where that is allowed.
func listen(addr string, anyPort bool) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil && anyPort {
		host, _, _ := net.SplitHostPort(addr)
		if free, freeErr := net.Listen("tcp", net.JoinHostPort(host, "0")); freeErr == nil {
			return free, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; choose another with --http or --admin", addr, err)
	}
	return l, nil
}
