package kafka

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
)

// Log is the engine; it is an events.Log. Its methods may be called from many goroutines.
type Log struct {
	config  Config
	cluster *cluster
	lineage string
	client  *kgo.Client // asks, and reads single records
	admin   *kadm.Client
	hub     hub
	sender  *sender // nil where the log is open for reading only
	state   states
	stop    context.CancelFunc
	running sync.WaitGroup // the watcher and all subscriptions

	end struct {
		sync.Mutex
		err    error // why it takes no more appends
		closed bool  // Close was called
		done   chan struct{}
	}
}

var _ events.Log = (*Log)(nil)

// Open verifies the log's topics, creates them where none is there, and
// connects. It fails within Config.OpenTimeout, or a little more, and tells
// all faults at once; where there is one, nothing was changed. One fault can be
// seen only afterwards: that we may create topics and not use them.
func Open(ctx context.Context, c Config) (*Log, error) { return open(ctx, c, true) }

// OpenReader opens a log that is there for reading only; Publish gives
// ErrReadOnly. Where the topics are missing the error is ErrMissing.
func OpenReader(ctx context.Context, c Config) (*Log, error) { return open(ctx, c, false) }

func open(ctx context.Context, c Config, write bool) (*Log, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("opening the log in Kafka: %w", err)
	}
	c = c.withDefaults()
	l, err := join(ctx, c, write)
	if err != nil {
		return nil, fmt.Errorf("opening the log in Kafka: %w", err)
	}
	watching, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.running.Go(func() { l.watch(watching) })
	return l, nil
}

// join connects in the order in which mistakes are easiest to tell.
func join(ctx context.Context, c Config, write bool) (*Log, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	l := &Log{config: c, client: client, admin: kadm.NewClient(client)}
	ctx, cancel := context.WithTimeout(ctx, c.OpenTimeout)
	defer cancel()
	if l.cluster, err = c.prepare(ctx, l.admin, write); err != nil {
		client.Close()
		return nil, err
	}
	l.lineage = l.cluster.lineage()
	l.end.done = make(chan struct{})
	l.hub.log = l
	l.state.log = l
	if !write {
		return l, nil
	}
	if l.sender, err = l.newSender(); err != nil {
		client.Close()
		return nil, err
	}
	return l, nil
}

// Partitions of a kind, 0 of a kind that does not exist.
func (l *Log) Partitions(k events.Kind) int {
	if k != events.Instrument && k != events.Room {
		return 0
	}
	return l.cluster.topic(k).partitions
}

// Lineage is 32 hexadecimal digits, made of the cluster's id and the topics'.
func (l *Log) Lineage() string { return l.lineage }

// Cluster is the id of the cluster.
func (l *Log) Cluster() string { return l.cluster.id }

// find gives the topic of a partition that exists.
func (l *Log) find(k events.Kind, partition int32) (*topic, error) {
	if partition < 0 || int(partition) >= l.Partitions(k) {
		return nil, fmt.Errorf("there is no partition %s/%d", k, partition)
	}
	return l.cluster.topic(k), nil
}

// Bounds asks the brokers for the first offset that is kept and the next that will be given.
func (l *Log) Bounds(kind events.Kind, partition int32) (first, next int64, err error) {
	t, err := l.find(kind, partition)
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := l.asking()
	defer cancel()
	first, next, err = l.bounds(ctx, t, partition)
	if err != nil {
		return 0, 0, fmt.Errorf("asking for the bounds of %s/%d: %w", kind, partition, err)
	}
	return first, next, nil
}

// Checksum reads the record at p and gives its checksum.
func (l *Log) Checksum(p events.Position) (uint64, error) {
	ctx, cancel := l.asking()
	defer cancel()
	record, err := l.read(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", p, err)
	}
	return checksum(value(record)), nil
}

// asking bounds a question to the brokers, which Close ends.
func (l *Log) asking() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	go func() {
		select {
		case <-l.end.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Retain does nothing: a log in Kafka is kept whole. Removing records is the
// cluster's administrators' to do (kafka-delete-records.sh, or a retention
// that --accept-weak accepts), because other readers may need them.
func (l *Log) Retain(events.Position) {}

// Err is the failure after which the log takes no more appends, ErrClosed
// after Close, nil before. Failures are: the topics or the cluster are not
// those that were opened (ErrReplaced), and durable records are gone
// (ErrTruncated). Brokers that are away, or refuse us, are no failure: they
// are tried again (see State).
func (l *Log) Err() error {
	l.end.Lock()
	defer l.end.Unlock()
	return l.end.err
}

// fail ends the log with its first failure.
func (l *Log) fail(err error) {
	l.end.Lock()
	first := l.end.err == nil
	if first {
		l.end.err = err
		close(l.end.done)
	}
	l.end.Unlock()
	if !first || err == ErrClosed {
		return
	}
	l.config.Logger.Error("the log has failed and takes no more appends", "brokers", l.config.Brokers, "error", err)
	if f := l.config.Observer.Failed; f != nil {
		f(err)
	}
}

// enter counts something in that Close waits for, unless it is too late.
func (l *Log) enter(group *sync.WaitGroup) error {
	l.end.Lock()
	defer l.end.Unlock()
	switch {
	case l.end.closed:
		return ErrClosed
	case l.end.err != nil:
		return l.end.err
	}
	group.Add(1)
	return nil
}

// Close waits until what was published is durable or given up, ends all
// subscriptions and disconnects. Only its first call returns an error.
func (l *Log) Close() error {
	l.end.Lock()
	again := l.end.closed
	l.end.closed = true
	l.end.Unlock()
	if again {
		return nil
	}
	var err error
	if l.sender != nil {
		err = l.sender.close()
	}
	l.fail(ErrClosed)
	l.stop()
	l.hub.close()
	l.running.Wait()
	l.client.Close()
	return err
}
