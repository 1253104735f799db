package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"outcry/projections"
)

// Config of a store; the zero value works.
type Config struct {
	// Lineage of the log whose rows these are. A file that holds another
	// one's is refused. Empty: not compared.
	Lineage string
	// Readers is how many reads run at once; default 4. Further ones wait. Each costs up to 2 MB of cache.
	Readers int
}

// Store keeps rows in one SQLite file. It implements projections.Store.
type Store struct {
	path          string
	writes, reads *sql.DB
	upserts       upserts // this and pace are of who has the connection that writes
	pace          pace
	closing       sync.Once
	closed        error    // what closing gave
	queries       sync.Map // SQL text → *sql.Stmt; as many as there are query texts in this package
}

var _ projections.Store = (*Store)(nil)

// version of the schema in this package.
const version = 1

//go:embed schema.sql
var schema string

// Open opens the store at path, or makes it. A file that is not a store of
// ours, of a newer version, or of another lineage is left untouched: see ErrForeign,
// ErrNewer, ErrLineage, ErrDamaged.
func Open(path string, c Config) (*Store, error) {
	s, err := open(path, c)
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", path, explain(err))
	}
	return s, nil
}

func open(path string, c Config) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if c.Readers <= 0 {
		c.Readers = 4
	}
	known, err := inspect(absolute)
	if err != nil {
		return nil, err
	}
	if err := known.admit(c.Lineage); err != nil {
		return nil, err
	}
	s := &Store{path: path}
	// 32 MB of cache hold the pages that 10,000 instruments write again every
	// second; 128 MB of log between two checkpoints let each be copied into the file once for many writes.
	if s.writes, err = connect(absolute, 1, "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-32000)", "wal_autocheckpoint(32000)", "journal_size_limit(134217728)"); err != nil {
		return nil, err
	}
	if s.reads, err = connect(absolute, c.Readers, "query_only(1)"); err != nil {
		return nil, errors.Join(err, s.writes.Close())
	}
	if err := s.prepare(known, c.Lineage); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connect makes a pool of connections, none of which is opened yet.
func connect(path string, connections int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// prepare makes tables where there are none and readies the statements.
func (s *Store) prepare(known identity, lineage string) error {
	ctx := context.Background()
	return s.transaction(ctx, true, func(conn *sql.Conn, tx *sql.Tx) error {
		if known.empty {
			if _, err := tx.ExecContext(ctx, schema+views()); err != nil {
				return fmt.Errorf("making tables: %w", err)
			}
		}
		if err := known.record(ctx, tx, lineage); err != nil {
			return err
		}
		return conn.Raw(func(connection any) error { return s.upserts.prepare(ctx, connection) })
	})
}

// transaction runs fn on the one connection that writes, and commits when it returns nil. With durable, the
// commit and all before it have reached the disk when it returns.
func (s *Store) transaction(ctx context.Context, durable bool, fn func(*sql.Conn, *sql.Tx) error) error {
	conn, err := s.writes.Conn(ctx) // there is one: this waits for other writers
	if err != nil {
		return err
	}
	defer conn.Close() // gives it back to the pool
	// A context that can end costs a goroutine for every statement; fn looks at it now and then.
	ctx = context.WithoutCancel(ctx)
	level := "NORMAL"
	if durable {
		level = "FULL"
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = "+level); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(conn, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Close waits for what is under way and closes the file. Later calls give the first one's error.
func (s *Store) Close() error {
	s.closing.Do(func() {
		if err := errors.Join(s.reads.Close(), s.closeStatements(), s.writes.Close()); err != nil {
			s.closed = fmt.Errorf("closing store %s: %w", s.path, err)
		}
	})
	return s.closed
}

func (s *Store) closeStatements() error {
	conn, err := s.writes.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(any) error { return s.upserts.close() })
}

// upsert builds the statement that writes one row unless the stored one is as new:
// by the column newer, or, where it is empty, whenever there is one already.
func upsert(table, columns, key, newer string) string {
	names := strings.Split(strings.Join(strings.Fields(columns), ""), ",")
	values := strings.TrimSuffix(strings.Repeat("?,", len(names)), ",")
	insert := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO ", table, strings.Join(names, ","), values, key)
	if newer == "" {
		return insert + "NOTHING"
	}
	var set []string
	for _, name := range names {
		if !strings.Contains(","+key+",", ","+name+",") {
			set = append(set, name+"=excluded."+name)
		}
	}
	return insert + fmt.Sprintf("UPDATE SET %s WHERE excluded.%s > %s.%s", strings.Join(set, ","), newer, table, newer)
}
