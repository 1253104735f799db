package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// collect runs a query of this package (its text is kept, prepared) and scans every row.
func collect[R any](ctx context.Context, s *Store, scan func(*sql.Rows) (R, error), query string, args ...any) ([]R, error) {
	answer, err := scanAll(ctx, s, scan, query, args)
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", explain(err))
	}
	return answer, nil
}

func scanAll[R any](ctx context.Context, s *Store, scan func(*sql.Rows) (R, error), query string, args []any) (answer []R, err error) {
	stmt, err := s.query(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		answer = append(answer, row)
	}
	return answer, rows.Err()
}

func (s *Store) query(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.queries.Load(text); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.reads.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if first, loaded := s.queries.LoadOrStore(text, stmt); loaded {
		return first.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

// one gives the only row, or nil.
func one[R any](rows []*R, err error) (*R, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// newestFirst turns what was read backwards around.
func newestFirst[R any](rows []R, err error) ([]R, error) {
	slices.Reverse(rows)
	return rows, err
}

// atMost is a limit for SQL, where a negative one would mean none.
func atMost(limit int) int { return max(limit, 0) }

// text and number are values of columns that may be NULL.
type (
	text   = sql.Null[string]
	number = sql.Null[int64]
)
