package ingest

import (
	"iter"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// inputKey finds the line of an input that was refused.
type inputKey struct {
	entity string
	seq    uint64
}

// inputLines are made only when something was refused.
type inputLines map[inputKey]uint64

func linesOf(all []*outcryv1.IngestEvent) inputLines {
	m := make(inputLines, len(all))
	for _, ev := range all {
		m[inputKey{ev.Id, events.SourceSeqOf(ev)}] = ev.Line
	}
	return m
}

// of gives the lines that a refusal is about: one, or all of a parked entity.
// Where it is not known, the line is 0.
func (m inputLines) of(f Refusal) (lines []uint64) {
	if line, ok := m[inputKey{f.Entity, f.SourceSeq}]; ok || f.SourceSeq != 0 {
		return []uint64{line}
	}
	for k, line := range m {
		if k.entity == f.Entity {
			lines = append(lines, line)
		}
	}
	return lines
}

// narrow cuts inputs where a partition would get more than can be refused by name.
func (s *Service) narrow(all []*outcryv1.IngestEvent) iter.Seq[[]*outcryv1.IngestEvent] {
	instruments, rooms := s.publisher.Partitions(events.Instrument), s.publisher.Partitions(events.Room)
	return func(yield func([]*outcryv1.IngestEvent) bool) {
		counts := make(map[int32]int, instruments)
		from := 0
		for i, ev := range all {
			partition := events.PartitionOf(ev.Id, instruments)
			if ev.GetRoom() != nil {
				partition = -1 - events.PartitionOf(ev.Id, rooms)
			}
			if counts[partition] == maxRefusals {
				if !yield(all[from:i]) {
					return
				}
				clear(counts)
				from = i
			}
			counts[partition]++
		}
		if from < len(all) {
			yield(all[from:])
		}
	}
}
