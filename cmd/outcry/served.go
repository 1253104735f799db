package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"outcry/actors/host"
	"outcry/events"
	"outcry/projections"
)

// served is what a data folder remembers of the log that it was served from
// (served.json), so that a wrong address, or a cluster that was set up anew, is
// not taken for the log that clients know.
type served struct {
	Format int `json:"format"`
	// Log is the lineage that the log itself has.
	Log string `json:"log"`
	// Adopted is the lineage that clients are told since an operator ordered
	// to go on with a log that is not what it was; empty: the log's own.
	Adopted string `json:"adopted,omitempty"`
	// Store is the id of the keyspace that was used; empty: none was.
	Store string `json:"store,omitempty"`
}

const servedFormat = 1

func servedPath(data string) string { return filepath.Join(data, "served.json") }

// readServed gives nil where nothing is remembered.
func readServed(data string) (*served, error) {
	text, err := os.ReadFile(servedPath(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading which log was served: %w", err)
	}
	s := &served{}
	if err := json.Unmarshal(text, s); err != nil || s.Log == "" {
		return nil, fmt.Errorf("%s is damaged (%w): remove it if the settings name the right log", servedPath(data), err)
	}
	if s.Format > servedFormat {
		return nil, fmt.Errorf("%s is of a newer version of Outcry, format %d", servedPath(data), s.Format)
	}
	return s, nil
}

// write replaces the file at once: a crash leaves the old one or the new one.
func (s *served) write(data string) error {
	s.Format = servedFormat
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding which log is served: %w", err)
	}
	temporary := servedPath(data) + ".new"
	err = os.WriteFile(temporary, append(text, '\n'), 0o600)
	if err == nil {
		err = os.Rename(temporary, servedPath(data))
	}
	if err != nil {
		return fmt.Errorf("remembering which log is served: %w", err)
	}
	return nil
}

// lineage that clients are told.
func (s *served) lineage() string {
	if s.Adopted != "" {
		return s.Adopted
	}
	return s.Log
}

// admit gives the log under the lineage that its clients know, and refuses one
// that is not the log of this folder.
func admit(c *config, log events.Log) (events.Log, error) {
	s, err := readServed(c.data)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return log, nil // the first one; remembered once it is served
	}
	if s.Log != log.Lineage() {
		return nil, fmt.Errorf("the data folder %s served another log: it remembers %s, and %s is %s; give the right address, "+
			"or another folder with --data, or order going on with this log, for which clients begin anew: outcry log adopt --data %s",
			c.data, s.Log, c.logName(), log.Lineage(), c.data)
	}
	return s.named(log), nil
}

// otherLog adds to a refusal of the actors what an operator can do.
func otherLog(c *config, err error) error {
	if !errors.Is(err, host.ErrOtherLog) {
		return err
	}
	return fmt.Errorf("%w; put the right log back, or order going on with this one, for which clients begin anew: outcry log adopt --data %s", err, c.data)
}

// readServedLog opens the log beside its server, under the lineage that clients know.
func readServedLog(ctx context.Context, c *config) (events.Log, error) {
	log, err := readLog(ctx, c)
	if err != nil {
		return nil, err
	}
	s, err := readServed(c.data)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if s == nil {
		return log, nil
	}
	return s.named(log), nil
}

// store that has to be there; empty is any.
func (s *served) store(other bool) string {
	if s == nil || other {
		return ""
	}
	return s.Store
}

// remember what is served now, where that is not remembered yet.
func remember(c *config, log events.Log, rows projections.Store) error {
	s, err := readServed(c.data)
	if err != nil {
		return err
	}
	before := served{}
	if s == nil {
		s = &served{Log: log.Lineage()}
	} else {
		before = *s
	}
	if id := storeID(rows); id != "" {
		s.Store = id
	}
	if *s == before {
		return nil
	}
	return s.write(c.data)
}

// named gives the log the lineage that clients are told.
func (s *served) named(log events.Log) events.Log {
	if s.lineage() == log.Lineage() {
		return log
	}
	return renamedLog{log, s.lineage()}
}

// renamedLog goes on under a lineage of its own.
type renamedLog struct {
	events.Log
	lineage string
}

func (r renamedLog) Lineage() string { return r.lineage }

func newLineage() string {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
