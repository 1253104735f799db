package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"

	"outcry/gateways/guard"
)

// check gives all faults at once, each with where its value came from, and makes the logger.
func (c *config) check() error {
	level := slog.LevelInfo
	faults := []error{
		c.checkListen(),
		c.fault("log_level", levelOf(c.logLevel, &level)),
		c.fault("store.queue_bytes", queueSize(c.storeQueue)),
		c.fault("telemetry.otlp_endpoint", endpoint(c.telemetry.endpoint)),
		c.fault("telemetry.sample_percent", between(c.telemetry.sample, 1, 100)),
		c.checkKafka(), c.checkScylla(), c.checkAuth(), c.checkLimits(), c.checkPort(), c.checkStop(),
	}
	if c.admin != "" {
		faults = append(faults, c.fault("admin.listen", loopback(c.admin)))
	}
	origins, err := guard.ParseOrigins(c.allowOrigins)
	c.origins = origins
	if err == nil && c.auth.configured() {
		origins.AllowHosts(c.allowHosts)
	}
	c.logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return errors.Join(append(faults, c.fault("http.allow_origins", err))...)
}

// fault says whose value it is; nil stays nil.
func (c *config) fault(key string, err error) error {
	if err == nil {
		return nil
	}
	if s := c.setting(key); s != nil {
		return fmt.Errorf("%s: %w", s.said(), err)
	}
	return fmt.Errorf("%s: %w", key, err)
}

func queueSize(bytes int64) error {
	if bytes < 64<<10 || bytes > 64<<30 {
		return fmt.Errorf("%d: give bytes, from 65536 to 64 GiB", bytes)
	}
	return nil
}

func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q: only loopback is served here; use 127.0.0.1", addr)
	}
	return nil
}

// endpoint checks a collector's URL; none is fine.
func endpoint(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q: http://HOST:PORT or https://HOST:PORT is wanted", text)
	}
	return nil
}

func levelOf(text string, level *slog.Level) error {
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("%q: there are debug, info, warn, error", text)
	}
	return nil
}

func (c *config) checkKafka() error {
	k := &c.kafka
	faults := []error{c.fault("log.partitions", between(c.partitions, 0, 1024)), c.fault("log.kafka.replication", between(k.replication, 1, 99))}
	for _, b := range k.brokers {
		faults = append(faults, c.fault("log.kafka.brokers", hostPort(b, true)))
	}
	for _, b := range c.raw {
		faults = append(faults, c.fault("raw.kafka.brokers", hostPort(b, true)))
	}
	switch k.mechanism {
	case "", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
	default:
		faults = append(faults, c.fault("log.kafka.sasl.mechanism", fmt.Errorf("%q: there are PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512", k.mechanism)))
	}
	if k.mechanism != "" && k.user == "" {
		faults = append(faults, c.fault("log.kafka.sasl.user", errors.New("a name is needed to sign in")))
	}
	if k.mechanism == "" && k.user != "" {
		faults = append(faults, c.fault("log.kafka.sasl.user", errors.New("log.kafka.sasl.mechanism is needed with it")))
	}
	return errors.Join(append(faults, c.checkTLS("log.kafka.tls", k.tls))...)
}

func (c *config) checkScylla() error {
	s := &c.scylla
	faults := []error{c.fault("store.scylla.replication", between(s.replication, 1, 99)), c.fault("store.scylla.keyspace", keyspace(s.keyspace))}
	for _, h := range s.hosts {
		faults = append(faults, c.fault("store.scylla.hosts", hostPort(h, false)))
	}
	return errors.Join(append(faults, c.checkTLS("store.scylla.tls", s.tls))...)
}

// checkTLS finds what would have no effect: somebody who gives a certificate
// and forgets to turn TLS on would send it all in the open.
func (c *config) checkTLS(key string, t tlsSettings) error {
	var faults []error
	if !t.enabled && (t.ca != "" || t.cert != "" || t.key != "" || t.serverName != "") {
		faults = append(faults, c.fault(key+".enabled", errors.New("must be true where other TLS settings are given")))
	}
	if (t.cert == "") != (t.key == "") {
		faults = append(faults, c.fault(key+".cert_file", errors.New("certificate and key come together")))
	}
	return errors.Join(faults...)
}

func between(n, least, most int) error {
	if n < least || n > most {
		return fmt.Errorf("%d: from %d to %d are possible", n, least, most)
	}
	return nil
}

func hostPort(addr string, portNeeded bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil && !portNeeded && net.ParseIP(addr) == nil {
		_, _, err = net.SplitHostPort(addr + ":0") // a host alone
		host, port = addr, "9042"
	} else if err != nil && !portNeeded {
		return nil
	}
	if n, portErr := strconv.Atoi(port); err != nil || host == "" || portErr != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is no HOST:PORT", addr)
	}
	return nil
}

// keyspace checks what CQL takes unquoted.
func keyspace(name string) error {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return fmt.Errorf("%q: small letters, digits and _ are possible, beginning with a letter", name)
		}
	}
	if name == "" || len(name) > 48 {
		return fmt.Errorf("%q: 1 to 48 characters are possible", name)
	}
	return nil
}
