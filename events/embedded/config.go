package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Defaults and bounds.
const (
	defaultPartitions   = 16
	partitionsMax       = 1024
	defaultSegmentBytes = 256 << 20
	segmentBytesMin     = 4 << 10
	segmentBytesMax     = 4 << 30
	defaultTailBytes    = 16 << 20
	defaultQueueBytes   = 64 << 20

	// RecordBytesMax is the largest payload that Publish takes.
	RecordBytesMax = 32 << 20

	// A group closes when it has grown so large; one record may exceed it.
	groupBytes = 8 << 20
)

// Config of a log. The zero value works.
type Config struct {
	// FS holds the files; default the operating system's.
	FS FS
	// InstrumentPartitions and RoomPartitions, 1 to 1024, are fixed when the
	// log is created; default 16 each. A log that has another number is
	// refused; 0 takes what it has.
	InstrumentPartitions, RoomPartitions int
	// SegmentBytes is the size at which a new segment is begun; default 256
	// MiB. Opening reads the last segment, retention removes whole ones.
	SegmentBytes int64
	// KeepBytes and KeepAge bound the log; 0 keeps everything. The oldest
	// segments go while all others hold KeepBytes, or when they were
	// completed longer than KeepAge ago, but never a record that no Retain
	// has given up.
	KeepBytes int64
	KeepAge   time.Duration
	// TailBytes of the newest records stay in memory for tailing readers;
	// default 16 MiB. Slower readers read from the files.
	TailBytes int64
	// QueueBytes are gathered at most while a group is made durable; default
	// 64 MiB. When it is full, Publish waits.
	QueueBytes int64
	Observer   Observer
	// Logger; default none.
	Logger *slog.Logger
	// Now is the clock of the records' times and of KeepAge, ns since 1970; default the wall clock.
	Now func() int64
}

// Observer is told what happens, from the goroutine to which it happens, so
// it must not wait. Every func may be nil.
type Observer struct {
	// Committed is called after each group, before its callers are answered.
	Committed func(Commit)
	// Refused is called once a group that was not taken: a full disk, or a failed log.
	Refused func(records int, err error)
	// Failed is called once, when the log ends by a failure.
	Failed func(error)
	// Waiting is called when a subscription has handed out everything and waits for more.
	Waiting func()
	// Rolled is called when a segment was begun, Removed when one was removed by retention.
	Rolled, Removed func(segment string)
	// Free is called when the disk's free share was looked at, 0 to 1.
	Free func(ratio float64)
}

// Commit describes a durable group.
type Commit struct {
	Records int
	// Bytes in the file.
	Bytes int
	// Sync is how long the sync took, Total the whole group from when it was taken.
	Sync, Total time.Duration
}

// Validate gives all faults at once.
func (c *Config) Validate() error {
	var faults []error
	fault := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(c.InstrumentPartitions >= 0 && c.InstrumentPartitions <= partitionsMax,
		"instrument partitions: %d, allowed are 1 to %d", c.InstrumentPartitions, partitionsMax)
	fault(c.RoomPartitions >= 0 && c.RoomPartitions <= partitionsMax,
		"room partitions: %d, allowed are 1 to %d", c.RoomPartitions, partitionsMax)
	fault(c.SegmentBytes == 0 || c.SegmentBytes >= segmentBytesMin && c.SegmentBytes <= segmentBytesMax,
		"segment bytes: %d, allowed are %d to %d", c.SegmentBytes, segmentBytesMin, int64(segmentBytesMax))
	fault(c.KeepBytes >= 0, "keep bytes: %d is negative", c.KeepBytes)
	fault(c.KeepAge >= 0, "keep age: %s is negative", c.KeepAge)
	fault(c.TailBytes >= 0, "tail bytes: %d is negative", c.TailBytes)
	fault(c.QueueBytes >= 0, "queue bytes: %d is negative", c.QueueBytes)
	return errors.Join(faults...)
}

// withDefaults fills what is zero, but for the partitions.
func (c Config) withDefaults() Config {
	if c.FS == nil {
		c.FS = OS{}
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = defaultSegmentBytes
	}
	if c.TailBytes == 0 {
		c.TailBytes = defaultTailBytes
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = defaultQueueBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = func() int64 { return time.Now().UnixNano() }
	}
	return c
}
