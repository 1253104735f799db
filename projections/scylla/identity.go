package scylla

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// identity is what a keyspace says about itself.
type identity struct {
	exists      bool
	version     int // 0: no tables yet, or not all
	id          string
	lineage     string
	replication map[string]string
	done        map[string]bool // steps, by stepKey
}

// inspect reads a keyspace's identity and changes nothing in it.
func (m *migration) inspect(ctx context.Context) (known identity, err error) {
	known.done = map[string]bool{}
	replication := m.session.Query("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?", nil).WithContext(ctx).Bind(m.config.Keyspace)
	if err := replication.Scan(&known.replication); missing(err) {
		return known, nil
	} else if err != nil {
		return known, fmt.Errorf("looking for the keyspace: %w", err)
	}
	known.exists = true
	columns, err := m.columns(ctx)
	if err != nil || len(columns) == 0 {
		return known, err
	}
	return known, m.read(ctx, &known, columns)
}

// columns of all tables there are.
func (m *migration) columns(ctx context.Context) (map[string][]string, error) {
	found := map[string][]string{}
	rows := m.session.Query("SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?", nil).
		WithContext(ctx).Bind(m.config.Keyspace).Iter()
	for table, column := "", ""; rows.Scan(&table, &column); {
		found[table] = append(found[table], column)
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("reading the tables of the keyspace: %w", err)
	}
	return found, nil
}

// read takes what the tables meta and migrations say, where they are ours.
func (m *migration) read(ctx context.Context, known *identity, columns map[string][]string) error {
	if err := foreign(columns); err != nil {
		return err
	}
	if _, ok := columns["meta"]; !ok {
		return nil // somebody stopped, or is, right after the lock
	}
	values := map[string]string{}
	rows := m.session.Query("SELECT key, value FROM "+m.config.Keyspace+".meta", nil).WithContext(ctx).Iter()
	for key, value := "", ""; rows.Scan(&key, &value); {
		values[key] = value
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("reading the table meta: %w", err)
	}
	known.id, known.lineage = values["store"], values["lineage"]
	if text, ok := values["outcry_schema"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%w: its table meta says version %q", ErrForeign, text)
		}
		known.version = n
	}
	if _, ok := columns["migrations"]; !ok {
		return nil
	}
	steps := m.session.Query("SELECT version, name FROM "+m.config.Keyspace+".migrations", nil).WithContext(ctx).Iter()
	for version, name := 0, ""; steps.Scan(&version, &name); {
		known.done[stepKey(Step{Version: version, Name: name})] = true
	}
	if err := steps.Close(); err != nil {
		return fmt.Errorf("reading the table migrations: %w", err)
	}
	return nil
}

// foreign looks whether the tables are ours: all of a keyspace without meta are
// our first ones, and meta has our columns.
func foreign(columns map[string][]string) error {
	own := [][2]string{{"meta", "key value"}, {"locks", "name owner"}}
	for _, o := range own {
		if has, ok := columns[o[0]]; ok {
			slices.Sort(has)
			if strings.Join(has, " ") != o[1] {
				return fmt.Errorf("%w: its table %s has other columns", ErrForeign, o[0])
			}
		}
	}
	if _, ok := columns["meta"]; ok {
		if _, ok := columns["locks"]; !ok {
			return fmt.Errorf("%w: it has a table meta, but no table locks", ErrForeign)
		}
		return nil
	}
	for name := range columns {
		if name != "locks" {
			return fmt.Errorf("%w: it has a table %s, but no table meta; choose another name", ErrForeign, name)
		}
	}
	return nil
}

// copies that the data centre keeps; of a keyspace to come, those asked for.
func (k identity) copies(c *Config, at place) int {
	if !k.exists {
		return c.Replication
	}
	text, ok := k.replication[at.datacenter]
	if !ok {
		text = k.replication["replication_factor"] // SimpleStrategy
	}
	n, _ := strconv.Atoi(text) // what is no number is too few
	return n
}

// older says whether somebody began to make the tables of an older version.
func (k identity) older() bool {
	for step := range k.done {
		if !strings.HasPrefix(step, strconv.Itoa(version)+" ") {
			return true
		}
	}
	return false
}

// admit refuses what this program must not touch.
func (k identity) admit(c *Config, at place) error {
	now := at.cluster + "/" + k.id
	switch copies := k.copies(c, at); {
	case k.version > version:
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, k.version, version)
	case k.version > 0 && k.version < version, k.version == 0 && k.older():
		return fmt.Errorf("%w; give another keyspace, and the rows are built again from the log", ErrOlder)
	case c.Identity != "" && c.Identity != now:
		return fmt.Errorf("%w: the rows were in %q, this is %q; give the old hosts and keyspace", ErrCluster, c.Identity, now)
	case c.Lineage != "" && k.lineage != "" && k.lineage != c.Lineage:
		return fmt.Errorf("%w: the rows' lineage is %s, the log's is %s; give another keyspace, and the rows are built again from the log",
			ErrLineage, k.lineage, c.Lineage)
	case copies < 1:
		return fmt.Errorf("%w: the keyspace keeps none in the data centre %s; alter its replication", ErrWeak, at.datacenter)
	case copies < 3 && !c.AcceptWeak:
		return fmt.Errorf("%w: the keyspace keeps %d in %s, and one lost node stops or loses rows; alter its replication to 3, or accept it by accept_weak",
			ErrWeak, copies, at.datacenter)
	}
	return nil
}
