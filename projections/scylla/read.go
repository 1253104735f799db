package scylla

import (
	"context"
	"fmt"
	"sync"

	"github.com/gocql/gocql"
)

const (
	pageMost = 1000 // rows that one answer of a node holds
	together = 16   // questions of one call under way at once
)

// row scans one row of an answer into fresh values; false when there is none left.
type row func(dest ...any) bool

// walk asks and shows row by row what one statement gives, page by page, until visit has enough.
func (s *Store) walk(ctx context.Context, statement string, page int, args []any, visit func(row) (more bool, err error)) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	iter := s.session.Query(statement, nil).WithContext(ctx).Bind(args...).PageSize(min(max(page, 1), pageMost)).Iter()
	var fault error
	for more := true; more && fault == nil; {
		more, fault = visit(func(dest ...any) bool { return iter.Scan(dest...) })
	}
	if err := iter.Close(); err != nil {
		return fmt.Errorf("reading rows: %w", explain(err))
	}
	return fault
}

// each visits rows that scan reads; scan says false at the end.
func each[R any](ctx context.Context, s *Store, statement string, page int, args []any, scan func(row) (R, bool, error), visit func(R) bool) error {
	return s.walk(ctx, statement, page, args, func(r row) (bool, error) {
		value, ok, err := scan(r)
		if !ok || err != nil {
			return false, err
		}
		return visit(value), nil
	})
}

// one gives the only row.
func one[R any](ctx context.Context, s *Store, statement string, scan func(row) (R, bool, error), args ...any) (found R, ok bool, err error) {
	err = each(ctx, s, statement, 1, args, scan, func(value R) bool {
		found, ok = value, true
		return false
	})
	return found, ok, err
}

// fetch asks for each key, several at once, and keeps their order; what is nil is left out.
func fetch[K, R any](ctx context.Context, keys []K, get func(context.Context, K) (*R, error)) ([]*R, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found, faults := make([]*R, len(keys)), make([]error, len(keys))
	var running sync.WaitGroup
	slots := make(chan struct{}, together)
	for i, key := range keys {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if found[i], faults[i] = get(ctx, key); faults[i] != nil {
				cancel() // the others are of no use any more
			}
		})
	}
	running.Wait()
	return gathered(found, faults)
}

func gathered[R any](found []*R, faults []error) (answer []*R, err error) {
	for i := range found {
		if faults[i] != nil && (err == nil || !passing(err)) {
			err = faults[i] // rather the cause than the cancellation that it caused
		}
		if found[i] != nil {
			answer = append(answer, found[i])
		}
	}
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// query is one statement with its values.
func (s *Store) query(ctx context.Context, statement string, args ...any) *gocql.Query {
	return s.session.Query(statement, nil).WithContext(ctx).Bind(args...).Query
}
