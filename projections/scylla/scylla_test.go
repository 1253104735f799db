package scylla

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"outcry/internal/engines"
	"outcry/projections"
	"outcry/projections/projectionstest"
)

// cluster is one node of Cassandra for all tests of this package; nil where none is wanted.
var cluster *engines.Cluster

func TestMain(m *testing.M) {
	if engines.Wanted() {
		cluster = engines.Run(engines.Options{Engine: engines.CassandraEngine})
	}
	code := m.Run()
	cluster.Close()
	os.Exit(code)
}

var keyspaces atomic.Int32

// settings of a keyspace of its own on the one node.
func settings(t testing.TB) Config {
	t.Helper()
	engines.Need(t)
	return Config{Hosts: cluster.Addresses(), Keyspace: fmt.Sprintf("t%d", keyspaces.Add(1)), Replication: 1, AcceptWeak: true, Lineage: "l"}
}

func newStore(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Everything that a store promises its users stands in the suite. Its keyspaces
// are emptied, not dropped: making tables takes a node most of the time.
func TestCassandraIsAStore(t *testing.T) {
	c := settings(t)
	projectionstest.Run(t, func(t *testing.T) projections.Store {
		s := newStore(t, c)
		for _, d := range tables {
			if err := s.session.ExecStmt("TRUNCATE " + c.Keyspace + "." + d.name); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}
