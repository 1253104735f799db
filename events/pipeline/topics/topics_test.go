package topics

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"outcry/events/pipeline"
	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
	outcryv1 "outcry/proto/outcry/v1"
)

// The metrics library of the Kafka client keeps one goroutine for ever.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// brokers starts a Kafka in this process.
func brokers(t testing.TB) []string {
	t.Helper()
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k.ListenAddrs()
}

func open(t testing.TB, c Config) *Topics {
	t.Helper()
	c.ResendAfter = 20 * time.Millisecond
	c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	k, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// write produces values to partitions in turn.
func write(t testing.TB, k *Topics, topic string, partitions int, values ...string) {
	t.Helper()
	var all []*sarama.ProducerMessage
	for i, v := range values {
		all = append(all, produced(topic, int32(i%partitions), &raw.Message{Key: fmt.Appendf(nil, "k%d", i), Value: []byte(v),
			Headers: []raw.Header{{Name: "trace", Value: []byte("t")}}}))
	}
	if err := k.send(all); err != nil {
		t.Fatal(err)
	}
}

// next waits for the next batch.
func next(t testing.TB, batches <-chan *message.Message) (*message.Message, *raw.Batch) {
	t.Helper()
	select {
	case m, ok := <-batches:
		if !ok {
			t.Fatal("the subscription ended")
		}
		return m, raw.Of(m)
	case <-time.After(20 * time.Second):
		t.Fatal("no batch came")
	}
	return nil, nil
}

func values(b *raw.Batch) string {
	var all []string
	for _, m := range b.Messages {
		all = append(all, string(m.Value))
	}
	return strings.Join(all, " ")
}

// Whoever restarts a node must get again what was not acknowledged, in order, and nothing that was.
func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t), BatchMessages: 3})
	if err := k.Prepare([]string{"outcry.raw.a"}); err != nil {
		t.Fatal(err)
	}
	write(t, k, "outcry.raw.a", 1, "0", "1", "2", "3", "4")
	ctx, stop := context.WithCancel(t.Context())
	batches, err := k.Source().Subscribe(ctx, "outcry.raw.a")
	if err != nil {
		t.Fatal(err)
	}
	first, b := next(t, batches)
	if values(b) != "0 1 2" || b.Topic != "outcry.raw.a" || b.Partition != 0 || b.HighWater != 5 || b.Epoch == "" || b.Messages[1].Offset != 1 ||
		string(b.Messages[1].Key) != "k1" || b.Messages[1].Header("trace") != "t" || b.Messages[1].Time.IsZero() {
		t.Errorf("%+v", b)
	}
	epoch := b.Epoch
	first.Nack()
	again, b := next(t, batches)
	if values(b) != "0 1 2" {
		t.Errorf("after a nack came %s", values(b))
	}
	select {
	case m := <-batches:
		t.Errorf("%s came before the batch was acknowledged", values(raw.Of(m)))
	case <-time.After(50 * time.Millisecond): // nothing can tell that nothing comes
	}
	again.Ack()
	second, b := next(t, batches)
	if values(b) != "3 4" {
		t.Errorf("then came %s", values(b))
	}
	stop() // before the second is acknowledged
	for range batches {
	}
	if second.Context().Err() == nil {
		t.Error("a batch under way is not told that it is over")
	}
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	batches, err = k.Source().Subscribe(ctx, "outcry.raw.a")
	if err != nil {
		t.Fatal(err)
	}
	last, b := next(t, batches)
	if values(b) != "3 4" || b.Epoch != epoch {
		t.Errorf("after a restart came %s of %s", values(b), b.Epoch)
	}
	last.Ack()
	stop()
	for range batches {
	}
}

// What a producer took back would be traded on.
func TestWhatATransactionTookBackDoesNotCome(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t)})
	if err := k.Prepare([]string{"outcry.raw.a"}); err != nil {
		t.Fatal(err)
	}
	settings, err := k.config.sarama()
	if err != nil {
		t.Fatal(err)
	}
	settings.Producer.Transaction.ID = "x"
	producer, err := sarama.NewSyncProducer(k.config.Brokers, settings)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	transaction := func(value string, end func() error) {
		t.Helper()
		if err := producer.BeginTxn(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := producer.SendMessage(produced("outcry.raw.a", 0, &raw.Message{Value: []byte(value)})); err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	transaction("taken back", producer.AbortTxn)
	transaction("meant", producer.CommitTxn)
	ctx, stop := context.WithCancel(t.Context())
	batches, err := k.Source().Subscribe(ctx, "outcry.raw.a")
	if err != nil {
		t.Fatal(err)
	}
	m, b := next(t, batches)
	if values(b) != "meant" {
		t.Errorf("there came %q", values(b))
	}
	m.Ack()
	stop()
	for range batches {
	}
}

// A window over keys is filled from here: one message too few, and a duplicate gets through.
func TestBeforeGivesWhatGoesBefore(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t)})
	if err := k.Prepare([]string{"outcry.raw.a"}); err != nil {
		t.Fatal(err)
	}
	write(t, k, "outcry.raw.a", 1, "0", "1", "2", "3", "4")
	for _, c := range []struct {
		offset int64
		n      int
		want   string
	}{{3, 2, "1 2"}, {3, 100, "0 1 2"}, {0, 10, ""}, {5, 1, "4"}, {99, 96, "3 4"}} {
		all, err := k.Before(t.Context(), "outcry.raw.a", 0, c.offset, c.n)
		if got := values(&raw.Batch{Messages: all}); got != c.want || err != nil {
			t.Errorf("%d before %d: %q, %v", c.n, c.offset, got, err)
		}
	}
}

// Poison that can't be listed, shown, replayed once and dropped is lost.
func TestPoisonIsListedShownReplayedAndDropped(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t)})
	if err := k.Prepare([]string{"outcry.raw.a"}); err != nil {
		t.Fatal(err)
	}
	if err := k.Prepare([]string{"outcry.raw.a"}); err != nil {
		t.Error("a second node cannot start", err)
	}
	var records []poison.Record
	for n := range int64(4) {
		records = append(records, poison.Record{Topic: "outcry.raw.a", Partition: 1, Reason: "no", Identity: fmt.Sprint("e ", n+1),
			Message: raw.Message{Offset: n, Key: []byte("k"), Value: fmt.Append(nil, "v", n), Headers: []raw.Header{{Name: "trace", Value: []byte("t")}}}})
	}
	records[3].Message.Value = nil // an empty message is no marker
	if err := k.Put(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	book, err := k.Poisoned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := book.Entries(poison.Filter{State: poison.Waiting})
	if len(all) != 4 || all[2].ID != 2 || all[2].Key != "outcry.raw.a/1@2" {
		t.Fatalf("%+v", all)
	}
	if err := k.Replay(t.Context(), all[2]); err != nil {
		t.Fatal(err)
	}
	if err := k.Drop(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	sent, err := k.Before(t.Context(), "outcry.raw.a", 1, 10, 10)
	if err != nil || len(sent) != 1 || string(sent[0].Value) != "v2" || sent[0].Header("trace") != "t" || sent[0].Header(pipeline.IdentityHeader) != "e 3" || string(sent[0].Key) != "k" {
		t.Errorf("%+v, %v", sent, err)
	}
	book, err = k.Poisoned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, e := range book.Entries(poison.Filter{}) {
		states = append(states, string(e.State))
	}
	if got := strings.Join(states, " "); got != "dropped waiting replayed waiting" {
		t.Error(got)
	}
	if _, err := k.PoisonRecord(t.Context(), 77); err == nil {
		t.Error("there is no such poison")
	}
}

// A node that starts while no broker answers must say so, not hang.
func TestNoBrokerIsSaidAtOnce(t *testing.T) {
	if _, err := Open(Config{Brokers: []string{"127.0.0.1:1"}}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Error(err)
	}
	if _, err := Open(Config{}); err == nil {
		t.Error("no brokers are named")
	}
}

// A poison topic with two partitions would have two messages of one id.
func TestAPoisonTopicWithMorePartitionsIsRefused(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t)})
	admin, err := sarama.NewClusterAdminFromClient(keepOpen{k.client})
	if err != nil {
		t.Fatal(err)
	}
	if err := create(admin, poison.Topic, &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1}); err != nil {
		t.Fatal(err)
	}
	if err := k.Prepare(nil); err == nil || !strings.Contains(err.Error(), "has 2 partitions; it must have one") {
		t.Error(err)
	}
}

// sink takes everything and tells what it took.
type sink struct {
	mu    sync.Mutex
	ids   map[string]int
	taken chan struct{}
}

func (s *sink) Ingest(_ context.Context, r *outcryv1.IngestRequest, _ func(uint64, string)) (v pipeline.Verdicts, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range r.Events {
		v.Accepted++
		if ev.GetTape() == nil {
			s.ids[ev.GetTrade().GetTradeId()]++
			s.taken <- struct{}{}
		}
	}
	return v, nil
}

// The whole way on a broker: every good message arrives, every bad one stands in the poison topic.
func TestAPipelineRunsOnTopics(t *testing.T) {
	k := open(t, Config{Brokers: brokers(t), BatchMessages: 7})
	p, err := pipeline.New(pipeline.Config{Name: "a", Define: "auto", Identity: pipeline.Identity{By: "key"}}, pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Prepare([]string{p.Config().Topic}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for n := range 50 {
		lines = append(lines, fmt.Sprintf(`{"instrument":"A","time":1700000000000000000,"price":1,"size":1,"trade_id":"t%d"}`, n))
	}
	lines[13], lines[14] = "", "garbage"
	write(t, k, p.Config().Topic, 2, lines...)
	out := &sink{ids: map[string]int{}, taken: make(chan struct{}, 100)}
	settled := make(chan pipeline.Counts, 100)
	r, err := pipeline.NewRunner(pipeline.RunnerConfig{Pipelines: []*pipeline.Pipeline{p}, Source: k.Source(), Sink: out, Poison: k, History: k,
		Observer: pipeline.Observer{Settled: func(_ string, s pipeline.Settled) { settled <- s.Counts }}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var c pipeline.Counts
	for c.In < 50 {
		select {
		case s := <-settled:
			c.Add(s)
		case <-time.After(20 * time.Second):
			t.Fatalf("%+v", c)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	book, err := k.Poisoned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if waiting := book.Entries(poison.Filter{}); c.Out != 48 || c.Poisoned != 2 || len(out.ids) != 48 || len(waiting) != 2 {
		t.Errorf("%+v, %d arrived, %d are poison", c, len(out.ids), len(waiting))
	}
}
