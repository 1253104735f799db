package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"google.golang.org/protobuf/proto"
	"gopkg.in/yaml.v3"

	"outcry/events"
	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/raw"
	outcryv1 "outcry/proto/outcry/v1"
)

// topicOf is a raw topic in memory with its committed offsets: at least once, as Kafka is.
type topicOf struct {
	mu         sync.Mutex
	epoch      string
	batchMax   int
	partitions [][]raw.Message
	committed  []int64
	more       chan struct{} // closed and renewed when something is written
}

func newTopic(partitions, batchMax int) *topicOf {
	return &topicOf{epoch: "e1", batchMax: batchMax, partitions: make([][]raw.Message, partitions),
		committed: make([]int64, partitions), more: make(chan struct{})}
}

func (s *topicOf) write(partition int, m raw.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Offset = int64(len(s.partitions[partition]))
	if m.Time.IsZero() {
		m.Time = time.Now()
	}
	s.partitions[partition] = append(s.partitions[partition], m)
	close(s.more)
	s.more = make(chan struct{})
}

// fetch gives a copy of the next batch, or what to wait for.
func (s *topicOf) fetch(topic string, partition int) (*raw.Batch, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, from := s.partitions[partition], s.committed[partition]
	if from == int64(len(all)) {
		return nil, s.more
	}
	to := min(from+int64(s.batchMax), int64(len(all)))
	return &raw.Batch{Topic: topic, Partition: int32(partition), Epoch: s.epoch,
		Messages: slices.Clone(all[from:to]), HighWater: int64(len(all))}, nil
}

func (s *topicOf) commit(b *raw.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed[b.Partition] = b.Next()
	close(s.more)
	s.more = make(chan struct{})
}

// drained waits until everything that was written is committed.
func (s *topicOf) drained(t testing.TB) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		s.mu.Lock()
		done := true
		for p := range s.partitions {
			done = done && s.committed[p] == int64(len(s.partitions[p]))
		}
		more := s.more
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatal("the topic is not drained")
		}
	}
}

// Before implements History.
func (s *topicOf) Before(_ context.Context, _ string, partition int32, offset int64, n int) ([]raw.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.partitions[partition][max(0, offset-int64(n)):offset]), nil
}

// Subscribe implements message.Subscriber, one goroutine a partition.
func (s *topicOf) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	var all sync.WaitGroup
	for p := range s.partitions {
		all.Go(func() { s.follow(ctx, topic, p, out) })
	}
	go func() { all.Wait(); close(out) }()
	return out, nil
}

func (s *topicOf) follow(ctx context.Context, topic string, partition int, out chan<- *message.Message) {
	for ctx.Err() == nil {
		b, wait := s.fetch(topic, partition)
		if b == nil {
			select {
			case <-wait:
			case <-ctx.Done():
			}
			continue
		}
		m := raw.NewMessage(ctx, b)
		select {
		case out <- m:
		case <-ctx.Done():
			return
		}
		select {
		case <-m.Acked():
			s.commit(b)
		case <-m.Nacked():
		}
	}
}

func (s *topicOf) Close() error { return nil }

// logOf is the log and its fold in memory: windows by entity, source, epoch and kind.
type logOf struct {
	mu      sync.Mutex
	windows map[string]*events.Window
	events  []*outcryv1.IngestEvent
	defined map[string]*outcryv1.Definition
	// fail, when set, may fail a request before or after it is folded.
	fail   func(after bool) error
	refuse func(ev *outcryv1.IngestEvent) string
}

func newLog() *logOf {
	return &logOf{windows: map[string]*events.Window{}, defined: map[string]*outcryv1.Definition{}}
}

func (l *logOf) Ingest(ctx context.Context, r *outcryv1.IngestRequest, refused func(uint64, string)) (v Verdicts, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(false); err != nil {
			return v, err
		}
	}
	for _, ev := range r.Events {
		l.fold(r, ev, refused, &v)
	}
	if l.fail != nil {
		if err := l.fail(true); err != nil {
			return Verdicts{}, err
		}
	}
	return v, ctx.Err()
}

func (l *logOf) fold(r *outcryv1.IngestRequest, ev *outcryv1.IngestEvent, refused func(uint64, string), v *Verdicts) {
	if d := ev.GetTape().GetDefinition(); d != nil {
		l.defined[ev.Id] = d
		v.Accepted++
		return
	}
	k := fmt.Sprintf("%s %s %s %T", ev.Id, r.Source, r.Epoch, ev.Event)
	w := l.windows[k]
	if w == nil {
		w = new(events.Window)
		l.windows[k] = w
	}
	verdict, _ := w.See(events.SourceSeqOf(ev))
	why := ""
	if ev.GetRoom() == nil && l.defined[ev.Id] == nil {
		why = "the instrument is not defined"
	} else if l.refuse != nil {
		why = l.refuse(ev)
	}
	switch {
	case verdict == events.Duplicate:
		v.Duplicates++
	case verdict == events.Late:
		v.Late++
	case why != "":
		v.Refused++
		refused(ev.Line, why)
	default:
		v.Accepted++
		l.events = append(l.events, ev)
	}
}

// poisonOf is the poison topic in memory.
type poisonOf struct {
	mu      sync.Mutex
	fail    func() error
	records []raw.Message
	book    poison.Book
}

func (p *poisonOf) Put(_ context.Context, records []poison.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(); err != nil {
			return err
		}
	}
	for i := range records {
		m := records[i].Write()
		m.Offset = int64(len(p.records))
		p.records = append(p.records, m)
		p.book.Add(&m)
	}
	return nil
}

func (p *poisonOf) waiting() []*poison.Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.book.Entries(poison.Filter{State: poison.Waiting})
}

// house is a runner over all of them.
type house struct {
	t        testing.TB
	topic    *topicOf
	log      *logOf
	poison   *poisonOf
	env      Env
	config   Config
	pipeline *Pipeline
	mu       sync.Mutex
	counts   Counts
	failed   int
	stop     func()
}

func newHouse(t testing.TB, text string) *house {
	t.Helper()
	h := &house{t: t, topic: newTopic(2, 50), log: newLog(), poison: &poisonOf{}}
	h.config = configOf(t, text)
	t.Cleanup(func() {
		if h.stop != nil {
			h.stop()
		}
	})
	return h
}

func configOf(t testing.TB, text string) (c Config) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// start begins as a new process does: with nothing remembered.
func (h *house) start() {
	h.t.Helper()
	var err error
	if h.pipeline, err = New(h.config, h.env); err != nil {
		h.t.Fatal(err)
	}
	r, err := NewRunner(RunnerConfig{Pipelines: []*Pipeline{h.pipeline}, Source: h.topic, Sink: h.log, Poison: h.poison, History: h.topic,
		Retry:    Retry{Pause: time.Microsecond, PauseMax: time.Millisecond, Tries: 3},
		Observer: Observer{Settled: h.settled, Failed: h.failedTry}})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
		h.stop = nil
	}
}

func (h *house) settled(_ string, s Settled) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts.Add(s.Counts)
}

func (h *house) failedTry(string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed++
}

// adds checks the sum that must always hold.
func (h *house) adds() Counts {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.counts; c.In != c.Out+c.Filtered+c.Duplicates+c.Poisoned {
		h.t.Errorf("the counts do not add up: %+v", c)
	}
	return h.counts
}

var errAway = errors.New("the log is away")

// trade is a message that any pipeline takes.
func trade(instrument string, n int) raw.Message {
	return raw.Message{Value: fmt.Appendf(nil, `{"instrument":%q,"time":%d,"price":"%d.5","size":2,"id":"t%d"}`,
		instrument, 1_700_000_000_000_000_000+n, 100+n%7, n)}
}

func protobuf(t testing.TB, ev *outcryv1.IngestEvent, offset int64) raw.Message {
	t.Helper()
	text, err := proto.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	return raw.Message{Offset: offset, Value: text}
}
