package scylla

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"
)

// op is one row to write.
type op struct {
	statement string
	args      []any
	bytes     int
}

// group is rows of one partition, sent together.
type group struct {
	ops   []op
	bytes int
}

// batchBytes bounds a group: a default Cassandra refuses batches of 50 KB.
const batchBytes = 32 << 10

// partition names where rows go together.
type partition struct {
	table, id, resolution string
	bucket                int64
	part                  int
}

// stage gathers rows that may be written in any order.
type stage struct {
	groups []group
	at     map[partition]int // the group of a partition that still has room
}

// alone adds a row whose partition has no others.
func (s *stage) alone(statement string, args []any) {
	s.groups = append(s.groups, group{ops: []op{{statement, args, 0}}})
}

func (s *stage) add(where partition, statement string, args []any) {
	if s.at == nil {
		s.at = map[partition]int{}
	}
	o := op{statement, args, sizeOf(args)}
	at, ok := s.at[where]
	if !ok || s.groups[at].bytes+o.bytes > batchBytes {
		s.groups = append(s.groups, group{})
		at = len(s.groups) - 1
		s.at[where] = at
	}
	g := &s.groups[at]
	g.ops, g.bytes = append(g.ops, o), g.bytes+o.bytes
}

// sizeOf is about what values take on the way.
func sizeOf(args []any) (n int) {
	for _, a := range args {
		switch v := a.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
		n += 12
	}
	return n
}

// run writes groups, as many at once as the cluster bears, and gives the first error.
func (s *Store) run(ctx context.Context, groups []group) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(len(groups), s.config.InFlight) {
		running.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(groups) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := s.send(ctx, groups[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

const (
	sendTries = 3
	sendPause = 100 * time.Millisecond // before the second try, then twice that
)

// send writes one group, trying again what may pass.
func (s *Store) send(ctx context.Context, g group) error {
	for try := 1; ; try++ {
		ticket, err := s.limit.acquire(ctx)
		if err != nil {
			return err
		}
		start := time.Now()
		err = s.exec(ctx, g)
		s.limit.release(ticket, err == nil && time.Since(start) < s.config.Timeout/4)
		if err == nil || ctx.Err() != nil || !passing(err) || try == sendTries {
			return err
		}
		pause := time.NewTimer(sendPause<<(try-1) + rand.N(sendPause))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

func (s *Store) exec(ctx context.Context, g group) error {
	if len(g.ops) == 1 {
		q := s.query(ctx, g.ops[0].statement, g.ops[0].args...)
		defer q.Release()
		return q.Exec()
	}
	b := s.session.Batch(gocql.UnloggedBatch).WithContext(ctx)
	for _, o := range g.ops {
		b.Entries = append(b.Entries, gocql.BatchEntry{Stmt: o.statement, Args: o.args, Idempotent: true})
	}
	return s.session.ExecuteBatch(b)
}
