package scylla

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"

	"outcry/projections"
)

// Step of a migration. Steps can be repeated: a crash after one and before its
// note makes it run twice.
type Step struct {
	Version   int    `json:"version"`
	Name      string `json:"name"`
	Statement string `json:"statement"`
	Done      bool   `json:"done"`
}

// Plan is what Migrate did, or would do.
type Plan struct {
	Cluster     string `json:"cluster"`
	Datacenter  string `json:"datacenter"`
	Keyspace    string `json:"keyspace"`
	StoreID     string `json:"store_id"` // empty where the keyspace does not exist
	Replication string `json:"replication"`
	From        int    `json:"from"` // the schema's version before; 0: none, or not all of it
	To          int    `json:"to"`
	Steps       []Step `json:"steps"` // that were left to do
}

// Migrate brings the keyspace to this program's version, or with dryRun only
// says what is left to do.
func Migrate(ctx context.Context, c Config, dryRun bool) (*Plan, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("migrating the store: %w", err)
	}
	session, at, err := connect(ctx, &c)
	if err != nil {
		return nil, fmt.Errorf("migrating the keyspace %s: %w", c.Keyspace, err)
	}
	defer session.Close()
	m := migration{config: &c, session: session, at: at, dry: dryRun}
	known, err := m.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrating the keyspace %s: %w", c.Keyspace, explain(err))
	}
	m.plan.StoreID = ""
	if known.id != "" {
		m.plan.StoreID = at.cluster + "/" + known.id
	}
	return &m.plan, nil
}

// migration is one run over a keyspace.
type migration struct {
	config  *Config
	session gocqlx.Session
	at      place
	dry     bool
	plan    Plan
}

// run refuses a keyspace that must not be touched, and does what is left to do.
func (m *migration) run(ctx context.Context) (identity, error) {
	known, err := m.inspect(ctx)
	if err != nil {
		return known, err
	}
	if err := known.admit(m.config, m.at); err != nil {
		return known, err
	}
	m.plan = Plan{Cluster: m.at.cluster, Datacenter: m.at.datacenter, Keyspace: m.config.Keyspace, From: known.version, To: version}
	m.plan.Replication = fmt.Sprint(known.copies(m.config, m.at))
	m.plan.Steps = m.left(known)
	if m.dry || known.version == version && (m.config.Lineage == "" || known.lineage != "") {
		return known, nil
	}
	if !known.exists {
		if err := m.makeKeyspace(ctx); err != nil {
			return known, err
		}
	}
	return m.locked(ctx)
}

// steps of all versions, in order.
func (m *migration) steps() (steps []Step) {
	for _, d := range tables {
		steps = append(steps, Step{Version: version, Name: "table " + d.name, Statement: d.create(m.config)})
	}
	return steps
}

func (m *migration) left(known identity) (left []Step) {
	for _, s := range m.steps() {
		if s.Version > known.version && !known.done[stepKey(s)] {
			left = append(left, s)
		}
	}
	return left
}

func stepKey(s Step) string { return strconv.Itoa(s.Version) + " " + s.Name }

func (m *migration) makeKeyspace(ctx context.Context) error {
	if m.at.nodes < m.config.Replication {
		return fmt.Errorf("%w: %d are asked for, the data centre %s has %d nodes: add nodes, or make the keyspace with fewer and accept that",
			ErrWeak, m.config.Replication, m.at.datacenter, m.at.nodes)
	}
	return m.exec(ctx, fmt.Sprintf("CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'NetworkTopologyStrategy', '%s': %d}",
		m.config.Keyspace, m.at.datacenter, m.config.Replication))
}

// locked does the steps while no other node does any. What another one did meanwhile is seen under the lock.
func (m *migration) locked(ctx context.Context) (known identity, err error) {
	l, err := m.takeLock(ctx)
	if err != nil {
		return known, err
	}
	defer func() { l.free(); err = l.cause(err) }()
	ctx = l.ctx
	if known, err = m.inspect(ctx); err != nil {
		return known, err
	}
	if err := known.admit(m.config, m.at); err != nil {
		return known, err
	}
	if err := m.begin(ctx, &known); err != nil {
		return known, err
	}
	for _, s := range m.left(known) {
		if err := m.step(ctx, s); err != nil {
			return known, fmt.Errorf("version %d, %s: %w", s.Version, s.Name, err)
		}
	}
	return known, m.finish(ctx, &known)
}

// begin makes the tables in which a keyspace says what it is.
func (m *migration) begin(ctx context.Context, known *identity) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS %s.meta (key text PRIMARY KEY, value text)",
		"CREATE TABLE IF NOT EXISTS %s.migrations (version int, name text, done_by text, done_us bigint, PRIMARY KEY (version, name))",
	} {
		if err := m.exec(ctx, fmt.Sprintf(statement, m.config.Keyspace)); err != nil {
			return err
		}
	}
	id, err := m.settle(ctx, "store", gocql.MustRandomUUID().String())
	known.id = id
	return err
}

func (m *migration) step(ctx context.Context, s Step) error {
	if err := m.exec(ctx, s.Statement); err != nil {
		return err
	}
	return m.exec(ctx, "INSERT INTO "+m.config.Keyspace+".migrations (version, name, done_by, done_us) VALUES (?, ?, ?, ?)",
		s.Version, s.Name, owner(), time.Now().UnixMicro())
}

// finish notes version and lineage once all tables are there.
func (m *migration) finish(ctx context.Context, known *identity) error {
	if m.config.Lineage != "" {
		lineage, err := m.settle(ctx, "lineage", m.config.Lineage)
		if err != nil {
			return err
		}
		known.lineage = lineage
		if err := known.admit(m.config, m.at); err != nil {
			return err // another node was first
		}
	}
	if known.version != version {
		if err := m.exec(ctx, "INSERT INTO "+m.config.Keyspace+".meta (key, value) VALUES ('outcry_schema', ?)", strconv.Itoa(version)); err != nil {
			return err
		}
		known.version = version
	}
	if _, err := m.settle(ctx, "cluster", m.at.cluster); err != nil {
		return err
	}
	return nil
}

// secondBars is the key in meta under which a keyspace says that bars of 1s were left out.
const secondBars = "bars_1s"

// KeepSecondBars notes whether bars of 1s will be written; see projections.Store.
func (s *Store) KeepSecondBars(ctx context.Context, kept bool) (err error) {
	if kept {
		var found string
		err = s.query(ctx, "SELECT value FROM "+s.config.Keyspace+".meta WHERE key = ?", secondBars).Scan(&found)
		if err == nil {
			err = projections.ErrSecondBarsLeftOut
		} else if missing(err) {
			return nil
		}
	} else {
		m := migration{config: &s.config, session: s.session}
		_, err = m.settle(ctx, secondBars, "left out")
	}
	if err != nil {
		return fmt.Errorf("noting whether %s keeps bars of 1s: %w", s.config.Keyspace, explain(err))
	}
	return nil
}

// settle writes a value of meta unless there is one, and gives what is there.
func (m *migration) settle(ctx context.Context, key, value string) (string, error) {
	there := map[string]any{}
	applied, err := m.session.Query("INSERT INTO "+m.config.Keyspace+".meta (key, value) VALUES (?, ?) IF NOT EXISTS", nil).
		WithContext(ctx).Bind(key, value).MapScanCAS(there)
	if err != nil {
		return "", fmt.Errorf("noting %s: %w", key, err)
	}
	if applied {
		return value, nil
	}
	old, _ := there["value"].(string)
	return old, nil
}

func (m *migration) exec(ctx context.Context, statement string, args ...any) error {
	// A change of the schema takes longer than a row.
	return m.session.Query(statement, nil).WithContext(ctx).Bind(args...).SetRequestTimeout(max(30*time.Second, m.config.Timeout)).Exec()
}

// owner names this process for people.
func owner() string {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	return name + " " + strconv.Itoa(os.Getpid())
}
