package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Bounds of one client that reads.
const (
	fetchBytes          = 8 << 20 // of one answer of a broker
	fetchPartitionBytes = 512 << 10
	// fetchWait is how long a broker holds an idle fetch back. A reader that
	// leaves makes the others of its client wait so long at most.
	fetchWait = 100 * time.Millisecond
)

// hub gives each subscription a place at a client. A client reads many
// partitions by one fetch a broker, because a fetch for each partition would
// cost more than all else; but it can read a partition only once, so a second
// reader of the same partition gets a place at another client. Clients stay
// until the log is closed, so there are as many as a partition ever had readers
// at a time.
type hub struct {
	log *Log

	mu     sync.Mutex
	closed bool
	feeds  []*feed
	pumps  sync.WaitGroup
}

type lane struct {
	topic     string
	partition int32
}

// feed is one client and the subscriptions that it feeds.
type feed struct {
	hub    *hub
	client *kgo.Client

	mu      sync.Mutex
	lanes   map[lane]*inbox
	leaving []*inbox
	ended   bool
	wake    context.CancelFunc // of the poll that is under way
}

// join gives an inbox that fills from an offset on.
func (h *hub) join(at lane, offset int64) (*inbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	in := &inbox{lane: at, next: offset, wake: make(chan struct{}, 1), left: make(chan struct{})}
	for _, f := range h.feeds {
		if f.take(in) {
			return in, nil
		}
	}
	f, err := h.open(in)
	if err != nil {
		return nil, err
	}
	h.feeds = append(h.feeds, f)
	return in, nil
}

func from(at lane, offset int64) map[string]map[int32]kgo.Offset {
	return map[string]map[int32]kgo.Offset{at.topic: {at.partition: kgo.NewOffset().At(offset)}}
}

// open starts a client with its first reader.
func (h *hub) open(in *inbox) (*feed, error) {
	c := &h.log.config
	opts, err := c.options()
	if err != nil {
		return nil, err
	}
	opts = append(opts,
		kgo.ConsumePartitions(from(in.lane, in.next)),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), // to begin elsewhere would be to skip
		kgo.KeepControlRecords(),                    // they have offsets, too
		kgo.FetchMinBytes(1), kgo.FetchMaxWait(fetchWait),
		kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.Rack(c.Rack), kgo.WithHooks(fetched{c}), kgo.RetryTimeout(0))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, err
	}
	f := &feed{hub: h, client: client, lanes: map[lane]*inbox{in.lane: in}}
	in.feed = f
	h.pumps.Go(f.run)
	return f, nil
}

// take adds a reader unless its partition is read here already.
func (f *feed) take(in *inbox) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lanes[in.lane] != nil {
		return false
	}
	f.lanes[in.lane] = in
	in.feed = f
	f.client.AddConsumePartitions(from(in.lane, in.next))
	return true
}

// leave takes a reader away and waits for that. The goroutine that polls does
// it, between polls: otherwise what it has just polled for the old reader could
// reach a new one of the same partition.
func (f *feed) leave(in *inbox) {
	f.mu.Lock()
	if f.ended {
		f.mu.Unlock()
		return
	}
	f.leaving = append(f.leaving, in)
	if f.wake != nil {
		f.wake()
	}
	f.mu.Unlock()
	<-in.left
}

// run polls until the client is closed.
func (f *feed) run() {
	for {
		ctx, cancel := context.WithCancel(context.Background())
		f.part(cancel)
		fetches := f.client.PollFetches(ctx)
		cancel()
		if fetches.IsClientClosed() {
			f.end()
			return
		}
		fetches.EachPartition(f.deliver)
	}
}

// part lets go of those who are leaving. wake ends the poll that comes.
func (f *feed) part(wake context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake = wake
	if len(f.leaving) == 0 {
		return
	}
	gone := map[string][]int32{}
	for _, in := range f.leaving {
		gone[in.lane.topic] = append(gone[in.lane.topic], in.lane.partition)
	}
	f.client.ResumeFetchPartitions(gone) // whoever reads them next does not begin paused
	f.client.RemoveConsumePartitions(gone)
	for _, in := range f.leaving {
		delete(f.lanes, in.lane)
		close(in.left)
	}
	f.leaving = nil
}

// end lets everybody go.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, in := range f.leaving {
		close(in.left)
	}
	f.leaving, f.lanes, f.ended = nil, nil, true
}

// deliver hands what was fetched of a partition to its reader, without waiting.
func (f *feed) deliver(p kgo.FetchTopicPartition) {
	f.mu.Lock()
	in := f.lanes[lane{p.Topic, p.Partition}]
	f.mu.Unlock()
	if in != nil {
		in.put(p.Records, p.Err)
	}
}

func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	feeds := h.feeds
	h.mu.Unlock()
	for _, f := range feeds {
		f.client.Close()
	}
	h.pumps.Wait()
}
