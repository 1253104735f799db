package scylla

import (
	"context"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
)

// Partitions are bounded by buckets: of time for bars, of seqs for what has
// seqs. The table buckets says which ones an entity has, names which entities
// there are. Both only grow, so a row is written once in a process's life.
const (
	secondSpan    = 1800          // seconds of 1s bars in a partition
	minuteSpan    = 86400         // and of 1m bars
	barSeqBits    = 8             // 256 seqs
	seqBits       = 12            // 4,096 messages
	blockBits     = 24            // 16.8 M ticks, 16,800 blocks of 1,000
	nameParts     = 8             // partitions of each kind of names
	barParts      = 64            // partitions of a resolution's bars of one span
	latestBuckets = 64            // partitions of latest
	knownMost     = 1_000_000 / 2 // bounds what is remembered; about 50 MB when full
)

const (
	barsKind     = "bars "     // with the resolution
	barSeqsKind  = "bar_seqs " // with the resolution; in its own table
	messagesKind = "messages"
	blocksKind   = "blocks_by_seq"

	instrumentNames = "instrument"
	roomNames       = "room"
)

func barBucket(resolution string, time int64) int64 {
	span := int64(minuteSpan)
	if resolution == "1s" {
		span = secondSpan
	}
	bucket := time / span
	if time%span < 0 {
		bucket-- // downwards before 1970, too
	}
	return bucket
}

func seqBucket(seq uint64, bits int) int64 { return int64(seq >> bits) }

func namePart(name string) int { return partOf(name, nameParts) }

// barPart keeps instruments together, as latestBucket does.
func barPart(instrument string) int { return partOf(instrument, barParts) }

// latestBucket keeps instruments together, so that what thousands of them write each second goes in batches.
func latestBucket(instrument string) int { return partOf(instrument, latestBuckets) }

func partOf(name string, parts uint32) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % parts)
}

// bucketKey names a row of buckets, of bar_seqs or (with bucket -1) of names.
type bucketKey struct {
	kind, id     string
	seqs, bucket int64
}

// known remembers rows that are written and never change.
type known struct {
	mu   sync.Mutex
	rows map[bucketKey]struct{}
}

func (k *known) has(key bucketKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.rows[key]
	return ok
}

func (k *known) add(keys []bucketKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil || len(k.rows)+len(keys) > knownMost {
		k.rows = map[bucketKey]struct{}{} // each is written once more
	}
	for _, key := range keys[:min(len(keys), knownMost)] {
		k.rows[key] = struct{}{}
	}
}

// buckets visits an entity's buckets from..to, upwards or down, until visit has enough.
func (s *Store) buckets(ctx context.Context, kind, id string, from, to int64, down bool, visit func(bucket int64) (more bool, err error)) error {
	statement := s.reads.bucketsUp
	if down {
		statement = s.reads.bucketsDown
	}
	return s.walk(ctx, statement, 64, []any{kind, id, from, to}, func(r row) (bool, error) {
		var bucket int64
		if !r(&bucket) {
			return false, nil
		}
		return visit(bucket)
	})
}

// names gives the first limit names after after that contain query, any case (ASCII).
func (s *Store) names(ctx context.Context, kind, query, after string, limit int) ([]string, error) {
	parts := make([]int, nameParts)
	for i := range parts {
		parts[i] = i
	}
	query = lower(query)
	found, err := fetch(ctx, parts, func(ctx context.Context, part int) (*[]string, error) {
		var names []string
		err := each(ctx, s, s.reads.names, limit, []any{kind, part, after}, scanName, func(name string) bool {
			if strings.Contains(lower(name), query) {
				names = append(names, name)
			}
			return len(names) < limit
		})
		return &names, err
	})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, names := range found {
		all = append(all, *names...)
	}
	slices.Sort(all)
	return all[:min(len(all), limit)], nil
}

func scanName(r row) (name string, ok bool, err error) {
	ok = r(&name)
	return name, ok, nil
}

// lower folds ASCII alone, as SQLite does.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// listed pages through names and fetches their rows until there are limit of
// them; a name whose row is not there yet is passed over.
func listed[R any](ctx context.Context, limit int, after string, names func(after string, limit int) ([]string, error),
	get func(context.Context, string) (*R, error)) (rows []*R, err error) {
	for len(rows) < limit {
		want := min(limit-len(rows), pageMost)
		page, err := names(after, want)
		if err != nil {
			return nil, err
		}
		found, err := fetch(ctx, page, get)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
		if len(page) < want {
			break
		}
		after = page[len(page)-1]
	}
	return rows, nil
}
