package embedded

import (
	"errors"
	"fmt"
	"os"

	"outcry/events"
)

var (
	// ErrDiskFull marks appends that were refused for want of room. The log
	// takes appends again once there is some.
	ErrDiskFull = errors.New("the disk is full")
	// ErrClosed marks what was asked of a log after its Close.
	ErrClosed = errors.New("the log is closed")
	// ErrReadOnly marks appends to a log that OpenReader gave.
	ErrReadOnly = errors.New("the log is open for reading only")
	// ErrGone marks positions before the first that is kept; the error is a *GoneError.
	ErrGone = errors.New("the position is no longer kept")
	// ErrAhead marks positions that no record has yet and from which no
	// reader can start: the log is shorter than the one they come from.
	ErrAhead = errors.New("the position lies after the end of the log")
	// ErrDamaged marks bytes that are not what was written; the error is a *DamageError.
	ErrDamaged = errors.New("the log is damaged")
	// ErrLocked marks a folder that another process writes to; the error is a *LockedError.
	ErrLocked = errors.New("the log is in use by another process")
)

// GoneError says from where on records are kept.
type GoneError struct {
	Asked events.Position
	// First is the first offset of the partition that is kept.
	First int64
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("%s is no longer kept, the first that is has offset %d", e.Asked, e.First)
}

// Is makes it an ErrGone.
func (e *GoneError) Is(target error) bool { return target == ErrGone }

// LockedError names a folder in use.
type LockedError struct {
	Dir string
	// PID is the process that holds it, 0 where that is not known.
	PID int
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("folder %s: %v", e.Dir, ErrLocked)
	}
	return fmt.Sprintf("folder %s: %v (pid %d)", e.Dir, ErrLocked, e.PID)
}

// Is makes it an ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// DamageError names the place of damage.
type DamageError struct {
	// Segment is the name of the file, Byte the place in it.
	Segment string
	Byte    int64
	// Record is the first record that the damage concerns, where Known.
	Record events.Position
	Known  bool
	Reason string
}

func (e *DamageError) Error() string {
	record := "of which record is not known"
	if e.Known {
		record = "record " + e.Record.String()
	}
	return fmt.Sprintf("%v: file %s, byte %d, %s: %s", ErrDamaged, e.Segment, e.Byte, record, e.Reason)
}

// Is makes it an ErrDamaged.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }

// asDamage gives the damage in err or nil.
func asDamage(err error) *DamageError {
	var damage *DamageError
	if errors.As(err, &damage) {
		return damage
	}
	return nil
}

// syncError is a failed sync of a file or folder. It may never be tried again,
// not even where only room was missing: the kernel may have dropped the bytes
// and call the next sync a success.
type syncError struct {
	name string
	err  error
}

func (e *syncError) Error() string {
	return fmt.Sprintf("syncing %s: %v; what is on the disk is not known, a restart looks and goes on from there", e.name, e.err)
}
func (e *syncError) Unwrap() error { return e.err }

// fullError is an ErrDiskFull after which the log goes on.
type fullError struct{ err error }

func (e *fullError) Error() string { return fmt.Sprintf("%v: %v", ErrDiskFull, e.err) }
func (e *fullError) Unwrap() error { return ErrDiskFull }

func missing(err error) bool { return errors.Is(err, os.ErrNotExist) }
