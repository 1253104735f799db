package pipeline

import (
	"sync"

	"outcry/events/pipeline/raw"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// lanesMax bounds the partitions that are remembered.
const lanesMax = 4096

// lane is what is remembered of one partition.
type lane struct {
	mu     sync.Mutex // held while a batch is handled
	fields *feed.Fields
	seen   window
	next   int64 // offset after the batch that was settled last
	epoch  string
}

type laneKey struct {
	topic     string
	partition int32
}

// lanes finds a partition's lane. Beyond the bound all are forgotten, and filled again from the topic.
type lanes struct {
	mu  sync.Mutex
	all map[laneKey]*lane
}

func (l *lanes) of(b *raw.Batch) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := laneKey{b.Topic, b.Partition}
	found := l.all[k]
	if found == nil {
		if l.all == nil || len(l.all) >= lanesMax {
			l.all = make(map[laneKey]*lane)
		}
		found = &lane{next: -1}
		l.all[k] = found
	}
	return found
}

// each calls f for every lane, when no batch of it is being handled.
func (l *lanes) each(f func(*lane)) {
	l.mu.Lock()
	all := make([]*lane, 0, len(l.all))
	for _, one := range l.all {
		all = append(all, one)
	}
	l.mu.Unlock()
	for _, one := range all {
		one.mu.Lock()
		f(one)
		one.mu.Unlock()
	}
}

// isDefinition: such events were made by us beside the message's own.
func isDefinition(ev *outcryv1.IngestEvent) bool { return ev.GetTape().GetDefinition() != nil }
