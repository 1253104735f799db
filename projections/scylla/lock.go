package scylla

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gocql/gocql"
	"github.com/google/uuid"
)

const (
	lease     = 30 * time.Second // of the lock; a node that died keeps it that long
	lockRetry = 500 * time.Millisecond
	lockWait  = 3 * time.Minute // for others that migrate
)

// lock is the row that a migrating node holds, and renews while it works.
type lock struct {
	m       *migration
	owner   string
	ctx     context.Context // ends when the lock is lost
	cancel  context.CancelCauseFunc
	stopped chan struct{}
}

// takeLock waits until no other node migrates.
func (m *migration) takeLock(ctx context.Context) (*lock, error) {
	// With one id for all, nodes that make the table at the same time make the same one.
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte("outcry:"+m.config.Keyspace+".locks"))
	create := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.locks (name text PRIMARY KEY, owner text) WITH ID = '%s'", m.config.Keyspace, id)
	if err := m.exec(ctx, create); err != nil {
		return nil, fmt.Errorf("making the table of the lock: %w", err)
	}
	l := &lock{m: m, owner: owner() + " " + gocql.MustRandomUUID().String(), stopped: make(chan struct{})}
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		holder, err := l.try(waiting)
		if err == nil && holder == "" {
			break
		}
		select {
		case <-time.After(lockRetry):
		case <-waiting.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, errors.Join(fmt.Errorf("%w: %q holds the lock for over %v; look what it does", ErrBusy, holder, lockWait), err)
		}
	}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	go l.keep()
	return l, nil
}

// try takes the lock, or gives its holder. After an answer that got lost it may be ours already.
func (l *lock) try(ctx context.Context) (holder string, err error) {
	there := map[string]any{}
	applied, err := l.query(ctx, "INSERT INTO %s.locks (name, owner) VALUES ('migrate', ?) IF NOT EXISTS USING TTL ?", l.owner, int(lease/time.Second)).MapScanCAS(there)
	if err != nil || applied {
		return "", err
	}
	if holder, _ = there["owner"].(string); holder == l.owner {
		return "", nil
	}
	return holder, nil
}

func (l *lock) query(ctx context.Context, statement string, args ...any) *gocql.Query {
	return l.m.session.Query(fmt.Sprintf(statement, l.m.config.Keyspace), nil).WithContext(ctx).Bind(args...).Query
}

// keep renews the lease until the work ends; when it can't, the work ends.
func (l *lock) keep() {
	defer close(l.stopped)
	tick := time.NewTicker(lease / 6)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			return
		}
		applied, err := l.query(l.ctx, "UPDATE %s.locks USING TTL ? SET owner = ? WHERE name = 'migrate' IF owner = ?",
			int(lease/time.Second), l.owner, l.owner).MapScanCAS(map[string]any{})
		switch {
		case err == nil && applied:
			renewed = time.Now()
		case err == nil, time.Since(renewed) > lease/2:
			l.cancel(fmt.Errorf("%w: the lock was lost; start again, what is done stays", ErrBusy))
			return
		}
	}
}

// free lets others migrate.
func (l *lock) free() {
	l.cancel(nil)
	<-l.stopped
	ctx, cancel := context.WithTimeout(context.Background(), l.m.config.Timeout)
	defer cancel()
	// Where this fails, the lease ends by itself.
	_, err := l.query(ctx, "DELETE FROM %s.locks WHERE name = 'migrate' IF owner = ?", l.owner).MapScanCAS(map[string]any{})
	if err != nil {
		l.m.config.Logger.Warn("the lock of migrations was not freed; it ends by itself", "within", lease, "error", err)
	}
}

// cause prefers why the lock was lost to what that ended.
func (l *lock) cause(err error) error {
	if lost := context.Cause(l.ctx); err != nil && errors.Is(lost, ErrBusy) {
		return lost
	}
	return err
}
