package kafka

import (
	"errors"
	"fmt"

	"outcry/events"
)

var (
	// ErrClosed marks what was asked of a log after its Close.
	ErrClosed = errors.New("the log is closed")
	// ErrReadOnly marks appends to a log that OpenReader gave.
	ErrReadOnly = errors.New("the log is open for reading only")
	// ErrGone marks positions before the first that is kept.
	ErrGone = errors.New("the position is no longer kept")
	// ErrAhead marks positions that no record has yet and from which no
	// reader can start: the log is shorter than the one they come from.
	ErrAhead = errors.New("the position lies after the end of the log")
	// ErrTruncated ends a log that lost records which were durable.
	ErrTruncated = errors.New("the log lost records that were durable (an unclean election, or it was cut or compacted)")
	// ErrReplaced ends a log whose topics or cluster are not those that were opened.
	ErrReplaced = errors.New("the log was replaced")
	// ErrTimeout marks appends that the brokers did not take in time. Whether
	// they are durable is not known.
	ErrTimeout = errors.New("the brokers did not take it in time")
)

// wrongStart says why no reader can start at p, nil where one can.
func wrongStart(p events.Position, first, next int64) error {
	switch {
	case p.Offset < first:
		return fmt.Errorf("starting at %s where the first that is kept is %d: %w", p, first, ErrGone)
	case p.Offset > next:
		return fmt.Errorf("starting at %s where the next offset is %d: %w", p, next, ErrAhead)
	}
	return nil
}
