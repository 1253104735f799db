package kafka_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
	"outcry/events/kafka"
	"outcry/internal/engines"
)

// load publishes numbered records from several goroutines until it is stopped.
type load struct {
	log       *kafka.Log
	stop      atomic.Bool
	running   sync.WaitGroup
	count     atomic.Int64
	errs      chan error
	mu        sync.Mutex
	positions map[string]events.Position // of what was acknowledged
}

const loadPartitions = 4

func startLoad(log *kafka.Log) *load {
	l := &load{log: log, errs: make(chan error, 100), positions: map[string]events.Position{}}
	for n := range 2 * loadPartitions {
		l.running.Go(func() {
			for i := 0; !l.stop.Load(); i++ {
				payload := fmt.Sprint(n, " ", i)
				p, err := publish(log, events.Room, int32(n%loadPartitions), payload)
				if err != nil {
					l.errs <- err
					return
				}
				l.mu.Lock()
				l.positions[payload] = p
				l.mu.Unlock()
				l.count.Add(1)
			}
		})
	}
	return l
}

// more waits until so many more records are durable.
func (l *load) more(t *testing.T, n int64) {
	t.Helper()
	want := l.count.Load() + n
	for late := time.Now().Add(2 * time.Minute); l.count.Load() < want; {
		select {
		case err := <-l.errs:
			t.Fatal("publishing: ", err)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(late) {
			t.Fatal("nothing becomes durable any more")
		}
	}
}

// check wants readers to see each acknowledged record once, where it was said to stand, and no holes.
func (l *load) check(t *testing.T, readers []map[string]events.Position) {
	t.Helper()
	seen := 0
	for _, r := range readers {
		seen += len(r)
		for payload, p := range r {
			if said, ok := l.positions[payload]; ok && said != p {
				t.Errorf("%q was acknowledged at %s and stands at %s", payload, said, p)
			}
		}
	}
	for payload, p := range l.positions {
		if _, ok := readers[p.Partition][payload]; !ok {
			t.Fatalf("%q was acknowledged at %s and is lost", payload, p)
		}
	}
	t.Logf("%d acknowledged, %d read", len(l.positions), seen)
}

// follow reads a partition from its begin to its end. What comes twice is an error.
func follow(log *kafka.Log, messages <-chan received, partition int32, end int64) (map[string]events.Position, error) {
	all := map[string]events.Position{}
	for offset := int64(0); offset < end; offset++ {
		m, ok := <-messages
		if !ok {
			return nil, fmt.Errorf("partition %d ended at %d: %w", partition, offset, log.Err())
		}
		if m.at != at(events.Room, partition, offset) {
			return nil, fmt.Errorf("got %s, want offset %d", m.at, offset)
		}
		if before, ok := all[m.payload]; ok {
			return nil, fmt.Errorf("%q stands at %s and at %s", m.payload, before, m.at)
		}
		all[m.payload] = m.at
	}
	return all, nil
}

type received struct {
	at      events.Position
	payload string
}

// Breaks for users: what they were told is kept would be gone, or be there twice.
func TestAKilledBrokerLosesNothingThatWasAcknowledged(t *testing.T) {
	cluster := brokers(t)
	for name, fault := range map[string]func(t *testing.T, topic string){
		"TheLeaderOfAPartition": func(t *testing.T, topic string) {
			leader := leaderOf(t, cluster, topic)
			cluster.Kill(leader)
			t.Cleanup(func() { cluster.Start(leader) })
		},
		"AllBrokers": func(*testing.T, string) {
			cluster.KillAll()
			cluster.StartAll()
		},
		"RollingRestart": func(*testing.T, string) {
			for n := range 3 {
				cluster.StopOne(n)
				cluster.Start(n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := newPrefix()
			log := mustOpen(t, kafka.Config{Brokers: cluster.Addresses(), Prefix: prefix, Partitions: loadPartitions})
			var tails []<-chan received
			for p := range int32(loadPartitions) {
				tails = append(tails, tailing(t, log, p))
			}
			l := startLoad(log)
			l.more(t, 500)
			began := time.Now()
			fault(t, prefix+"outcry.room")
			l.more(t, 500)
			t.Logf("from the fault to 500 records more: %s", time.Since(began))
			l.stop.Store(true)
			l.running.Wait()
			var all []map[string]events.Position
			for p := range int32(loadPartitions) {
				_, end, err := log.Bounds(events.Room, p)
				if err != nil {
					t.Fatal(err)
				}
				r, err := follow(log, tails[p], p, end)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, r)
			}
			l.check(t, all)
		})
	}
}

// tailing reads a partition from its begin on while the test runs.
func tailing(t *testing.T, log *kafka.Log, partition int32) <-chan received {
	messages := subscribe(t, log, at(events.Room, partition, 0))
	out := make(chan received, 1<<20)
	go func() {
		defer close(out)
		for m := range messages {
			out <- received{events.PositionOf(m), string(m.Payload)}
			m.Ack()
		}
	}()
	return out
}

// leaderOf gives the number of the broker that leads the topic's first partition.
func leaderOf(t *testing.T, cluster *engines.Cluster, topic string) int {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.Addresses()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m, err := kadm.NewClient(client).Metadata(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return int(m.Topics[topic].Partitions[0].Leader) - 1
}
