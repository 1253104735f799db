package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"outcry/projections"
)

// What Open refuses, and what any call may find.
var (
	// ErrForeign: a file, but not a store of ours.
	ErrForeign = errors.New("not a store of Outcry")
	// ErrNewer: written by a newer version of Outcry.
	ErrNewer = errors.New("the store's schema is newer than this program")
	// ErrLineage: these are the rows of another log.
	ErrLineage = errors.New("the store holds the rows of another log")
	// ErrDamaged: the file's bytes are not what SQLite or this package wrote.
	ErrDamaged = errors.New("the store's file is damaged; move it away, and it is built again from the log")
)

// explain names the failures that an operator must act on.
func explain(err error) error {
	var failure *driver.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff {
	case codes.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrForeign, err)
	case codes.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// identity is what a file says about itself.
type identity struct {
	empty   bool // there is no file, or nothing in it
	version int
	lineage string
}

// inspect reads a file's identity and changes nothing in it.
func inspect(path string) (identity, error) {
	if file, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && file.Size() == 0 {
		return identity{empty: true}, nil
	} else if err != nil {
		return identity{}, err
	}
	db, err := connect(path, 1)
	if err != nil {
		return identity{}, err
	}
	known, err := identify(db)
	return known, errors.Join(err, db.Close())
}

func identify(db *sql.DB) (known identity, err error) {
	var tables, ours int
	if err := db.QueryRow("SELECT count(*), coalesce(sum(name = 'meta'), 0) FROM sqlite_schema WHERE type = 'table'").Scan(&tables, &ours); err != nil {
		return known, err
	}
	if tables == 0 {
		return identity{empty: true}, nil
	}
	if ours == 0 {
		return known, fmt.Errorf("%w: a database without our table meta", ErrForeign)
	}
	text, err := metaValue(db, "outcry_schema")
	if err != nil {
		return known, err
	}
	if known.version, err = strconv.Atoi(text); err != nil {
		return known, fmt.Errorf("%w: its table meta has no outcry_schema", ErrForeign)
	}
	known.lineage, err = metaValue(db, "lineage")
	return known, err
}

// metaValue is empty when there is no such key, or no such column: another program's table.
func metaValue(db *sql.DB, key string) (value string, err error) {
	var columns int
	if err := db.QueryRow("SELECT count(*) FROM pragma_table_info('meta') WHERE name IN ('key', 'value')").Scan(&columns); err != nil || columns != 2 {
		return "", err
	}
	err = db.QueryRow("SELECT value FROM meta WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// admit refuses what this program must not touch.
func (k identity) admit(lineage string) error {
	switch {
	case k.empty:
		return nil
	case k.version > version:
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, k.version, version)
	case k.version < version:
		return fmt.Errorf("%w: schema version %d never was", ErrForeign, k.version)
	case lineage != "" && k.lineage != "" && k.lineage != lineage:
		return fmt.Errorf("%w: the rows' lineage is %s, the log's is %s; move the store away, and it is built again from the log",
			ErrLineage, k.lineage, lineage)
	}
	return nil
}

// secondBars is the key in meta under which a store says that bars of 1s were left out.
const secondBars = "bars_1s"

// KeepSecondBars notes whether bars of 1s will be written; see projections.Store.
func (s *Store) KeepSecondBars(ctx context.Context, kept bool) error {
	err := s.transaction(ctx, true, func(_ *sql.Conn, tx *sql.Tx) error {
		if !kept {
			_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO meta (key, value) VALUES (?, 'left out')", secondBars)
			return err
		}
		var found int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM meta WHERE key = ?", secondBars).Scan(&found)
		if err == nil && found > 0 {
			return projections.ErrSecondBarsLeftOut
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("noting whether %s keeps bars of 1s: %w", s.path, explain(err))
	}
	return nil
}

// record writes what is not said in the file yet.
func (k identity) record(ctx context.Context, tx *sql.Tx, lineage string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('outcry_schema', ?), ('lineage', ?) "+
		"ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value = ''", strconv.Itoa(version), lineage)
	if err != nil {
		return fmt.Errorf("writing the table meta: %w", err)
	}
	return nil
}
