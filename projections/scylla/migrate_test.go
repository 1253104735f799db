package scylla

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask runs a statement on the keyspace of c as somebody else would.
func ask(t testing.TB, s *Store, format string, args ...any) {
	t.Helper()
	if err := s.session.ExecStmt(fmt.Sprintf(format, args...)); err != nil {
		t.Fatal(err)
	}
}

// Nodes of a cluster start together after a power cut: tables must be made
// once, and every node must find all of them.
func TestManyNodesMigrateAtOnce(t *testing.T) {
	c := settings(t)
	const nodes = 3
	var starting sync.WaitGroup
	ids := make([]string, nodes)
	for i := range nodes {
		starting.Go(func() {
			s, err := Open(t.Context(), c)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = s.Identity()
			s.Close()
		})
	}
	starting.Wait()
	if ids[0] == "" || ids[1] != ids[0] || ids[2] != ids[0] || !strings.HasPrefix(ids[0], "outcry/") {
		t.Errorf("the nodes have different stores: %q", ids)
	}
	s := newStore(t, c)
	var steps int
	if err := s.session.Query("SELECT count(*) FROM "+c.Keyspace+".migrations", nil).Scan(&steps); err != nil || steps != len(tables) {
		t.Errorf("%d steps were noted, %v; there are %d", steps, err, len(tables))
	}
}

// A node that is killed while it makes tables must not leave a keyspace that nobody can use.
func TestAMigrationGoesOnAfterACrash(t *testing.T) {
	c := settings(t)
	s := newStore(t, c)
	ask(t, s, "DROP TABLE %s.checkpoints", c.Keyspace) // never made
	ask(t, s, "DELETE FROM %s.migrations WHERE version = %d AND name = 'table checkpoints'", c.Keyspace, version)
	ask(t, s, "DELETE FROM %s.migrations WHERE version = %d AND name = 'table parts'", c.Keyspace, version) // made, not noted
	ask(t, s, "DELETE FROM %s.meta WHERE key = 'outcry_schema'", c.Keyspace)
	ask(t, s, "INSERT INTO %s.locks (name, owner) VALUES ('migrate', 'the dead') IF NOT EXISTS USING TTL 3", c.Keyspace)
	plan, err := Migrate(t.Context(), c, true)
	if err != nil || plan.From != 0 || plan.To != version || len(plan.Steps) != 2 || plan.Steps[1].Name != "table checkpoints" || plan.StoreID != s.Identity() {
		t.Fatalf("the plan is %+v, %v", plan, err)
	}
	start := time.Now()
	again := newStore(t, c)
	if waited := time.Since(start); waited < time.Second {
		t.Errorf("it did not wait for the lock of the dead: %v", waited)
	}
	if _, err := again.Checkpoints(t.Context(), shardKind, 1); err != nil {
		t.Error(err)
	}
	if plan, err := Migrate(t.Context(), c, false); err != nil || plan.From != version || len(plan.Steps) != 0 {
		t.Errorf("something was left to do: %+v, %v", plan, err)
	}
}

// What this program must not touch stays as it is, and the error says what it is.
func TestKeyspacesOfOthersAreRefused(t *testing.T) {
	c := settings(t)
	s := newStore(t, c)
	with := func(change func(*Config)) Config { other := c; change(&other); return other }
	refused := func(name string, want error, c Config) {
		t.Helper()
		start := time.Now()
		other, err := Open(t.Context(), c)
		if err == nil {
			other.Close()
		}
		if !errors.Is(err, want) || time.Since(start) > 10*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(start))
		}
	}
	refused("another log", ErrLineage, with(func(c *Config) { c.Lineage = "another" }))
	refused("another store", ErrCluster, with(func(c *Config) { c.Identity = "elsewhere/1" }))
	refused("few copies", ErrWeak, with(func(c *Config) { c.AcceptWeak, c.Replication = false, 3 }))
	refused("more copies than nodes", ErrWeak, with(func(c *Config) { c.Keyspace, c.Replication = "never", 3 }))
	refused("another data centre", ErrDatacenter, with(func(c *Config) { c.Datacenter = "mars" }))
	refused("nobody there", ErrUnreachable, with(func(c *Config) { c.Hosts = []string{"127.0.0.1:1"} }))
	if same := with(func(c *Config) { c.Lineage, c.Identity = "", s.Identity() }); true {
		newStore(t, same) // a reader that knows no lineage
	}

	ask(t, s, "INSERT INTO %s.meta (key, value) VALUES ('outcry_schema', '99')", c.Keyspace)
	refused("a newer version", ErrNewer, c)
	ask(t, s, "INSERT INTO %s.meta (key, value) VALUES ('outcry_schema', '1')", c.Keyspace)
	refused("a version from before the first release", ErrOlder, c)
	foreign := with(func(o *Config) { o.Keyspace = c.Keyspace + "x" })
	ask(t, s, "CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", foreign.Keyspace)
	ask(t, s, "CREATE TABLE %s.invoices (id int PRIMARY KEY)", foreign.Keyspace)
	refused("a keyspace of another program", ErrForeign, foreign)
	left := 0
	if err := s.session.Query("SELECT count(*) FROM system_schema.tables WHERE keyspace_name = ?", nil).Bind(foreign.Keyspace).Scan(&left); err != nil || left != 1 {
		t.Errorf("the foreign keyspace has %d tables now, %v", left, err)
	}
	if err := s.session.Query("SELECT count(*) FROM system_schema.keyspaces WHERE keyspace_name = ?", nil).Bind("never").Scan(&left); err != nil || left != 0 {
		t.Errorf("a refused keyspace was made, %v", err)
	}
}
