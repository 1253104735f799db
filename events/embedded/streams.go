package embedded

import (
	"fmt"

	"outcry/events"
)

// shape says how many partitions of each kind there are. A stream is a
// partition's number among all of them, instruments first.
type shape struct{ instruments, rooms int }

func (s shape) streams() int { return s.instruments + s.rooms }

func (s shape) partitions(k events.Kind) int {
	switch k {
	case events.Instrument:
		return s.instruments
	case events.Room:
		return s.rooms
	}
	return 0
}

// stream gives the number of a partition; not ok where there is no such.
func (s shape) stream(k events.Kind, partition int32) (stream int, ok bool) {
	if partition < 0 || int(partition) >= s.partitions(k) {
		return 0, false
	}
	if k == events.Room {
		return s.instruments + int(partition), true
	}
	return int(partition), true
}

// position is stream's inverse.
func (s shape) position(stream int, offset int64) events.Position {
	if stream < s.instruments {
		return events.Position{Kind: events.Instrument, Partition: int32(stream), Offset: offset}
	}
	return events.Position{Kind: events.Room, Partition: int32(stream - s.instruments), Offset: offset}
}

// find is stream with an error for people.
func (s shape) find(k events.Kind, partition int32) (int, error) {
	stream, ok := s.stream(k, partition)
	if !ok {
		return 0, fmt.Errorf("there is no partition %s/%d, the log has %d instrument and %d room partitions",
			k, partition, s.instruments, s.rooms)
	}
	return stream, nil
}
