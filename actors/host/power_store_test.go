package host

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"outcry/events"
	"outcry/projections"
)

// powerStore promises at a power cut what SQLite does in WAL mode: of the
// transactions the newest are lost, as many as it pleases, but none up to the newest
// one that was synced, and that is one with a checkpoint.
type powerStore struct {
	projections.Store // nothing else is asked of it
	down              func() bool
	mu                sync.Mutex
	done              []func(*memoryStore) error
	durable           int
	now               *memoryStore // the sum of done
	lost              int
}

func newPowerStore(down func() bool) *powerStore {
	return &powerStore{down: down, now: newMemoryStore()}
}

// transact remembers nothing once the power is cut; whoever believes it is dead, too.
func (s *powerStore) transact(do func(*memoryStore) error, durable bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down() {
		return nil
	}
	s.done = append(s.done, do)
	if durable {
		s.durable = len(s.done)
	}
	return do(s.now)
}

func (s *powerStore) Write(ctx context.Context, rows *projections.Rows) error {
	return s.transact(func(m *memoryStore) error { return m.Add(ctx, rows, nil) }, len(rows.Checkpoints) > 0)
}

func (s *powerStore) Prune(ctx context.Context, kind events.Kind, partition int32, keep int) error {
	return s.transact(func(m *memoryStore) error { return m.Prune(ctx, kind, partition, keep) }, false)
}

func (s *powerStore) Checkpoints(ctx context.Context, kind events.Kind, partition int32) ([]projections.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Checkpoints(ctx, kind, partition)
}

func (s *powerStore) Part(ctx context.Context, key projections.PartKey) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Part(ctx, key)
}

// cut leaves what a power cut leaves.
func (s *powerStore) cut(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := s.durable + r.IntN(len(s.done)-s.durable+1)
	s.lost += len(s.done) - keep
	s.done, s.durable, s.now = slices.Clone(s.done[:keep]), keep, newMemoryStore()
	for _, do := range s.done {
		if err := do(s.now); err != nil {
			panic(err)
		}
	}
}

// rows are all rows that are there.
func (s *powerStore) rows() projections.Rows {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.rows()
}
