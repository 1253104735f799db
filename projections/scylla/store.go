package scylla

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/scylladb/gocqlx/v2"

	"outcry/projections"
)

// Store keeps rows in a keyspace. It implements projections.Store.
type Store struct {
	config   Config
	session  gocqlx.Session
	writes   writes
	reads    reads
	limit    *limiter
	known    known
	identity string
	closing  sync.Once
}

var _ projections.Store = (*Store)(nil)

// Open connects, makes or migrates the keyspace where that is needed, and
// refuses one that is not ours, newer, or of another lineage, untouched.
func Open(ctx context.Context, c Config) (*Store, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	s, err := opened(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening the keyspace %s: %w", c.Keyspace, err)
	}
	return s, nil
}

func opened(ctx context.Context, c Config) (*Store, error) {
	session, at, err := connect(ctx, &c)
	if err != nil {
		return nil, err
	}
	m := migration{config: &c, session: session, at: at}
	known, err := m.run(ctx)
	if err != nil {
		session.Close()
		return nil, explain(err)
	}
	tables := schemaOf(c.Keyspace)
	return &Store{config: c, session: session, writes: tables.writes(), reads: tables.reads(),
		limit: newLimiter(c.InFlight), identity: at.cluster + "/" + known.id}, nil
}

// Identity names this store: the cluster's name and an id that the keyspace got when it was made.
func (s *Store) Identity() string { return s.identity }

// Close ends the connections. Calls that are under way end with an error.
func (s *Store) Close() error {
	s.closing.Do(s.session.Close)
	return nil
}

// first ends a call whose context has ended before it asks anybody.
func first(ctx context.Context, errs ...error) error {
	return errors.Join(append(errs, ctx.Err())...)
}
