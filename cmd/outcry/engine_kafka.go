package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"outcry/events"
	"outcry/events/kafka"
)

// kafkaConfig is what the settings say of the log in Kafka, with all faults at once.
func (c *config) kafkaConfig() (kafka.Config, error) {
	k := &c.kafka
	password, passwordErr := k.password.read()
	ca, caErr := readPEM(k.tls.ca)
	cert, certErr := readPEM(k.tls.cert)
	key, keyErr := readPEM(k.tls.key)
	config := kafka.Config{
		Brokers: k.brokers, Prefix: k.topicPrefix, Partitions: c.partitions, Replication: k.replication,
		AcceptWeak: c.acceptWeak, Rack: k.rack, PublishTimeout: k.publishFor, Logger: c.logger,
		TLS:  kafka.TLS{Enabled: k.tls.enabled, CA: ca, Cert: cert, Key: key, ServerName: k.tls.serverName},
		SASL: kafka.SASL{Mechanism: k.mechanism, User: k.user, Password: password},
	}
	faults := []error{
		c.fault("log.kafka.sasl.password_file", passwordErr), c.fault("log.kafka.tls.ca_file", caErr),
		c.fault("log.kafka.tls.cert_file", certErr), c.fault("log.kafka.tls.key_file", keyErr),
	}
	if err := errors.Join(faults...); err != nil {
		return config, err
	}
	return config, c.faultsOf("log.kafka", config.Validate())
}

// faultsOf says of each fault of a package's config where the value came from.
// The package names its field first: "replication: ...".
func (c *config) faultsOf(section string, err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // what errors.Join gives
		var faults []error
		for _, err := range all.Unwrap() {
			faults = append(faults, c.faultsOf(section, err))
		}
		return errors.Join(faults...)
	}
	if err == nil {
		return nil
	}
	field, what, _ := strings.Cut(err.Error(), ": ")
	key := section + "." + strings.ReplaceAll(field, " ", "_")
	if c.setting(key) == nil {
		return fmt.Errorf("%s: %w", section, err)
	}
	return c.fault(key, errors.New(what))
}

func readPEM(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return text, err
}

func openKafka(ctx context.Context, c *config, m *metrics) (events.Log, error) {
	config, err := c.kafkaConfig()
	if err != nil {
		return nil, err
	}
	config.Observer = m.kafka()
	return orNone(kafka.Open(ctx, config))
}

func readKafka(ctx context.Context, c *config) (events.Log, error) {
	config, err := c.kafkaConfig()
	if err != nil {
		return nil, err
	}
	config.Partitions = 0 // what it has
	return orNone(kafka.OpenReader(ctx, config))
}

// orNone keeps a log that is none from looking like one.
func orNone(l *kafka.Log, err error) (events.Log, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}

// kafka observes a log in Kafka under the same names as the embedded one: a
// sync is until the replicas have it.
func (m *metrics) kafka() kafka.Observer {
	return kafka.Observer{
		Published: func(records, bytes int, took time.Duration) {
			m.logRecords.Add(float64(records))
			m.logBytes.Add(float64(bytes))
			m.logSync.Observe(took.Seconds())
		},
		Fetched: func(own bool, _, bytes int) {
			m.logFetched.WithLabelValues(map[bool]string{true: "own", false: "other"}[own]).Add(float64(bytes))
		},
		Retried:    func(records int, _ error) { m.logRetried.Add(float64(records)) },
		Publishing: func(err error) { m.logTrouble.WithLabelValues("publishing").Set(oneIf(err != nil)) },
		Reading:    func(err error) { m.logTrouble.WithLabelValues("reading").Set(oneIf(err != nil)) },
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
