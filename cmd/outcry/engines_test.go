package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"outcry/internal/engines"
)

// engineSet is where a server of a test keeps its log and rows.
type engineSet struct {
	name string
	// settings for the data folder's outcry.yaml; it may skip the test.
	settings func(t *testing.T) string
}

var embeddedEngines = engineSet{"embedded", func(*testing.T) string { return "" }}

var onRealEngines = engineSet{"real", func(t *testing.T) string { return realEngines.settings(t, 1) }}

// onKafka keeps the rows in SQLite: the flags are of use each alone.
var onKafka = engineSet{"kafka", func(t *testing.T) string { return realEngines.kafkaSettings(t, 1) }}

// onEachEngine runs a test of the whole house on the engines of the laptop and on real ones.
func onEachEngine(t *testing.T, test func(t *testing.T, e engineSet)) {
	for _, e := range []engineSet{embeddedEngines, onKafka, onRealEngines} {
		t.Run(e.name, func(t *testing.T) { test(t, e) })
	}
}

// settle writes the settings into a data folder.
func (e engineSet) settle(t *testing.T, data string) {
	t.Helper()
	text := e.settings(t)
	if text == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(data, "outcry.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// realEngines are shared by the tests of this package: one broker and one node, and
// for faults three of each, started when a test first asks for them.
var realEngines sharedEngines

type sharedEngines struct {
	kafka, cassandra [4]*engines.Cluster // by the number of members
	servers          atomic.Int64
}

func (s *sharedEngines) close() {
	for n := range s.kafka {
		s.kafka[n].Close()
		s.cassandra[n].Close()
	}
}

// on starts what does not run yet.
func (s *sharedEngines) on(t *testing.T, members int) (kafka, cassandra *engines.Cluster) {
	t.Helper()
	kafka = s.brokers(t, members)
	if s.cassandra[members] == nil {
		s.cassandra[members] = engines.Run(engines.Options{Engine: engines.CassandraEngine, Members: members})
	}
	return kafka, s.cassandra[members]
}

func (s *sharedEngines) brokers(t *testing.T, members int) *engines.Cluster {
	t.Helper()
	engines.Need(t)
	if s.kafka[members] == nil {
		s.kafka[members] = engines.Run(engines.Options{Engine: engines.KafkaEngine, Members: members})
	}
	return s.kafka[members]
}

// settings of a server with topics and a keyspace of its own.
func (s *sharedEngines) settings(t *testing.T, members int) string {
	t.Helper()
	_, cassandra := s.on(t, members)
	return s.settingsOn(t, members, cassandra)
}

func (s *sharedEngines) settingsOn(t *testing.T, members int, cassandra *engines.Cluster) string {
	t.Helper()
	return s.kafkaSettings(t, members) + fmt.Sprintf(`store:
  scylla: {hosts: [%s], replication: %d, keyspace: t%d}
`, strings.Join(cassandra.Addresses(), ", "), len(cassandra.Addresses()), s.servers.Load())
}

func (s *sharedEngines) kafkaSettings(t *testing.T, members int) string {
	t.Helper()
	kafka := s.brokers(t, members)
	return fmt.Sprintf(`log:
  kafka: {brokers: [%s], replication: %d, topic_prefix: t%d.}
accept_weak: true
`, strings.Join(kafka.Addresses(), ", "), members, s.servers.Add(1))
}
