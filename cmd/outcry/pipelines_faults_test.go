package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/bench/path"
	outcryv1 "outcry/proto/outcry/v1"
)

// A broker that dies under the raw topics must cost neither a message nor count one
// twice, even when the server is killed as well.
func TestRawMessagesSurviveKillsOfBrokerAndServer(t *testing.T) { onEachLog(t, surviveKills) }

func surviveKills(t *testing.T, log string) {
	l := newRawLoad(t, 4, log)
	const rate, total = 2000, 30_000
	message := func(n int, due time.Time) ([]byte, []byte) {
		return symbolOf(n), fmt.Appendf(nil, `{"id":"t%d","data":{"s":"S%d","p":%d,"q":1,"t":%d}}`, n, n%rawSymbols, 10000+n%100, due.UnixNano())
	}
	var killer sync.WaitGroup
	killer.Go(func() {
		time.Sleep(3 * time.Second) // under load
		l.cluster.Kill(0)
		time.Sleep(time.Second)
		l.cluster.Start(0)
	})
	l.send(rate, total, message)
	killer.Wait()
	l.kill()
	l.restart()
	l.until("every trade", func() bool { return l.allTrades() >= total })
	l.stop()
	l.restart()
	if n := l.allTrades(); n != total {
		t.Errorf("%d trades of %d", n, total)
	}
	if ids := l.waiting(); len(ids) != 0 {
		t.Errorf("%d are poison: %s", len(ids), l.poison("list"))
	}
	l.stop()
}

func (l *rawLoad) restart() {
	l.t.Helper()
	l.startWith("serve", "--data", l.data, "--http", l.http, "--admin", l.admin, "--partitions", "4")
}

// allTrades of all instruments that are in the log.
func (l *rawLoad) allTrades() (sum int) {
	l.t.Helper()
	r := &outcryv1.LatestRequest{}
	for i := range rawSymbols {
		r.Instruments = append(r.Instruments, rawID(i))
	}
	answer, err := l.client().Latest(l.t.Context(), r)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, in := range answer.Instruments {
		sum += int(in.GetStats().GetTrades())
	}
	return sum
}

// The consumer group that rebalances at the open is the oldest story of all: whoever
// watches another feed must not notice that members come and go on a raw topic.
func TestRebalancesOfARawTopicAreNotSeenByOtherFeeds(t *testing.T) {
	l := newRawLoad(t, 8, "embedded")
	const rate, span, warm = 2000, 15 * time.Second, 4 * time.Second
	message := func(n int, due time.Time) ([]byte, []byte) {
		return symbolOf(n), fmt.Appendf(nil, `{"id":"q%d","data":{"s":"S%d","b":%d,"a":%d,"t":%d}}`, n, n%rawSymbols, 10000+n%100, 10001+n%100, due.UnixNano())
	}
	known(t, l.client(), "OTHER")
	var work sync.WaitGroup
	work.Go(func() { l.send(rate, int(rate*(2*span+warm).Seconds()), message) })
	ctx, stop := context.WithTimeout(t.Context(), 2*span+warm)
	defer stop()
	work.Go(func() { l.otherFeed(ctx) })
	w, err := l.watch("OTHER")
	if err != nil {
		t.Fatal(err)
	}
	sleepUntil(ctx, warm)
	quiet := w.during(ctx, span)
	rebalancing, end := context.WithTimeout(ctx, span)
	defer end()
	joins := 0
	work.Go(func() { joins = l.comeAndGo(rebalancing) })
	busy := w.during(ctx, span)
	work.Wait()
	w.close()
	t.Logf("another feed: %d updates, p50 %s, p99 %s; while %d members came and went: %d updates, p50 %s, p99 %s", quiet.Updates, quiet.Spread.Quantile(0.5), quiet.Spread.Quantile(0.99),
		joins, busy.Updates, busy.Spread.Quantile(0.5), busy.Spread.Quantile(0.99))
	if joins < 5 || busy.Updates < quiet.Updates*9/10 {
		t.Errorf("%d joins, %d updates instead of %d", joins, busy.Updates, quiet.Updates)
	}
	// A rebalance stops a partition for hundreds of milliseconds, and seconds.
	if p := busy.Spread.Quantile(0.99); p > max(2*quiet.Spread.Quantile(0.99), 50*time.Millisecond) {
		t.Errorf("p99 rose from %s to %s", quiet.Spread.Quantile(0.99), p)
	}
	l.until("every message", func() bool { return l.settled()["in"] >= int(rate*(2*span+warm).Seconds()) })
	l.stop()
}

func sleepUntil(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d): // the load's own time
	}
}

// otherFeed is one that comes by no topic.
func (l *rawLoad) otherFeed(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := uint64(1); ctx.Err() == nil; n++ {
		bid := int64(n)
		quote := &outcryv1.Quote{SourceSeq: n, EventTimeNs: time.Now().UnixNano(), BidPrice: &bid}
		_, err := l.client().Ingest(ctx, &outcryv1.IngestRequest{Source: "other", Mode: outcryv1.Mode_MODE_LIVE,
			Events: []*outcryv1.IngestEvent{{Id: "OTHER", Event: &outcryv1.IngestEvent_Quote{Quote: quote}}}})
		if err != nil && ctx.Err() == nil {
			l.t.Error(err)
			return
		}
		<-tick.C
	}
}

// comeAndGo lets members join and leave the group of the raw topic.
func (l *rawLoad) comeAndGo(ctx context.Context) (joins int) {
	for ctx.Err() == nil {
		member, err := kgo.NewClient(kgo.SeedBrokers(l.brokers...), kgo.ConsumerGroup("outcry-outcry.raw.acme"), kgo.ConsumeTopics("outcry.raw.acme"),
			kgo.DisableAutoCommit(), kgo.Balancers(kgo.StickyBalancer()))
		if err != nil {
			l.t.Error(err)
			return joins
		}
		joins++
		joined, done := context.WithTimeout(ctx, time.Second)
		member.PollFetches(joined)
		done()
		member.Close()
	}
	return joins
}

// watched is a client whose counts can be taken while it reads.
type watched struct {
	mu   sync.Mutex
	w    *path.Watch
	done chan struct{}
}

func (l *rawLoad) watch(ids ...string) (*watched, error) {
	w, err := path.DialWatch(strings.TrimPrefix(l.url, "http://"), ids, 0)
	if err != nil {
		return nil, err
	}
	c := &watched{w: w, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for c.read() == nil {
		}
	}()
	return c, nil
}

func (c *watched) read() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.w.Read()
}

// during counts for a while; a read under way ends with the next frame.
func (c *watched) during(ctx context.Context, span time.Duration) path.Counts {
	c.take()
	sleepUntil(ctx, span)
	return c.take()
}

func (c *watched) take() path.Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.w.Counts
	c.w.Counts = path.Counts{}
	return counts
}

func (c *watched) close() {
	c.w.Close()
	<-c.done
}
