package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

const (
	watchEvery   = 5 * time.Second
	watchTrouble = time.Second
	// readerTrouble is how long a reader's own trouble counts after its last
	// error; it has one each second (holdFor) while it is refused.
	readerTrouble = 3 * time.Second
	// missingTries: a broker that just started may not know of topics yet.
	missingTries = 4
)

// watch looks at the cluster from time to time: whether it is still the log
// that was opened, and how it stands with its partitions. Readers and the
// producer try by themselves; this is how their trouble becomes visible, and
// how a topic that was made again is noticed though nobody reads from it.
func (l *Log) watch(ctx context.Context) {
	missing := 0
	for every := watchEvery; pause(ctx, every); {
		err := l.compare(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, kerr.UnknownTopicOrPartition) {
			if missing++; missing >= missingTries {
				err = fmt.Errorf("%w: %w", ErrReplaced, err)
			}
		} else {
			missing = 0
		}
		if errors.Is(err, ErrReplaced) {
			l.fail(err)
			return
		}
		every = watchEvery
		readers := time.Since(time.Unix(0, l.state.troubled.Load())) < readerTrouble
		if err != nil || readers {
			every = watchTrouble
		}
		if err != nil || !readers {
			l.state.setReading(err)
		}
	}
}

// compare looks at the cluster once.
func (l *Log) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := describe(ctx, l.admin, l.cluster.topics[0].name, l.cluster.topics[1].name)
	if err != nil {
		return err
	}
	return l.cluster.check(&m)
}

// cause tells a log that lost its end from one that was made again, which
// looks the same to whoever reads it.
func (l *Log) cause(err error) error {
	if now := l.compare(context.Background()); errors.Is(now, ErrReplaced) {
		return now
	}
	return err
}

// check says what is wrong with the cluster; ErrReplaced is final.
func (c *cluster) check(m *kadm.Metadata) error {
	if m.Cluster != c.id {
		return fmt.Errorf("%w: the brokers are of cluster %q, the log is in %q", ErrReplaced, m.Cluster, c.id)
	}
	var faults []error
	for i := range c.topics {
		faults = append(faults, c.topics[i].check(m))
	}
	return errors.Join(faults...)
}

func (t *topic) check(m *kadm.Metadata) error {
	now, ok := m.Topics[t.name]
	switch {
	case !ok:
		return fmt.Errorf("the brokers say nothing about the topic %s", t.name)
	case now.Err != nil:
		return fmt.Errorf("the topic %s: %w", t.name, now.Err)
	case now.ID != t.id:
		return fmt.Errorf("%w: the topic %s was removed and made again (its id was %s and is %s)", ErrReplaced, t.name, t.id, now.ID)
	case len(now.Partitions) != t.partitions:
		return fmt.Errorf("%w: the topic %s had %d partitions and has %d, so entities are looked for elsewhere", ErrReplaced, t.name, t.partitions, len(now.Partitions))
	}
	if err := lacks(now, kadm.OpRead); err != nil {
		return err
	}
	leaderless := 0
	for _, p := range now.Partitions {
		if p.Leader < 0 || errors.Is(p.Err, kerr.LeaderNotAvailable) {
			leaderless++
		}
	}
	if leaderless > 0 {
		return fmt.Errorf("%d of %d partitions of %s have no leader", leaderless, t.partitions, t.name)
	}
	return nil
}
