package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/projections"
	"outcry/projections/sqlite"
)

// openLog opens the log that the settings name, for a server.
func openLog(ctx context.Context, c *config, m *metrics) (events.Log, error) {
	if c.kafkaLog() {
		return openKafka(ctx, c, m)
	}
	l, err := embedded.Open(logPath(c.data), embedded.Config{
		InstrumentPartitions: c.partitions, RoomPartitions: c.partitions, KeepBytes: c.logKeepBytes,
		Logger: c.logger, Observer: m.log()})
	if err != nil {
		return nil, err // and not a log that is no log
	}
	return l, nil
}

// readLog opens it beside a server, to read.
func readLog(ctx context.Context, c *config) (events.Log, error) {
	if c.kafkaLog() {
		return readKafka(ctx, c)
	}
	l, err := embedded.OpenReader(logPath(c.data), embedded.Config{})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// openStore opens the rows that the settings name; they are those of the log
// of that lineage, or it is an error.
func openStore(ctx context.Context, c *config, lineage string) (projections.Store, error) {
	if c.scyllaStore() {
		s, err := readServed(c.data)
		if err != nil {
			return nil, err
		}
		return openScylla(ctx, c, lineage, s.store(c.newStore))
	}
	s, err := sqlite.Open(rowsPath(c.data), sqlite.Config{Lineage: lineage})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// keepSecondBars refuses to store bars of 1s behind a hole.
func keepSecondBars(ctx context.Context, c *config, s projections.Store) error {
	err := s.KeepSecondBars(ctx, c.secondBars)
	switch {
	case !errors.Is(err, projections.ErrSecondBarsLeftOut):
		return err
	case c.scyllaStore():
		return fmt.Errorf("%w, and their history would have a hole: go on without (--store-bars-1s=false), "+
			"or have all rows folded anew into another keyspace, once with --new-store --scylla-keyspace NAME", err)
	}
	return fmt.Errorf("%w, and their history would have a hole: go on without (--store-bars-1s=false), "+
		"or stop here, move %s* away and start again, and all rows are folded anew", err, rowsPath(c.data))
}

// logName says for people where the log is.
func (c *config) logName() string {
	if c.kafkaLog() {
		return "the log in Kafka at " + strings.Join(c.kafka.brokers, ",")
	}
	return "the log in " + logPath(c.data)
}

func logPath(data string) string { return filepath.Join(data, "log") }

func rowsPath(data string) string { return filepath.Join(data, "rows.db") }

// lockData makes the folder and takes it for this process alone. Engines
// elsewhere can serve many; what lies in the folder can't.
func lockData(data string) (unlock func() error, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	lock, err := embedded.OS{}.Lock(filepath.Join(data, "lock"))
	if err != nil {
		return nil, fmt.Errorf("the data folder %s is in use by another server: %w", data, err)
	}
	return lock.Close, nil
}
