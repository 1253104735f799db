package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	outcryv1 "outcry/proto/outcry/v1"
)

// rawHouse is a server whose pipelines read from brokers.
type rawHouse struct {
	*server
	brokers []string
	kafka   *kgo.Client
}

const rawYAML = `
raw: {kafka: {brokers: [%s]}}
pipelines:
- name: acme
  definitions: instruments.csv
  identity: {by: field, field: id}
  stages:
  - map: {instrument: s, price: p, size: q, time: t}
  - time: {time: ms}
  - drop: empty
    when: [[size, "=", 0]]
`

const definitionsHead = "instrument,price_exponent,size_exponent\n"

func newRawHouse(t *testing.T, brokers []string) *rawHouse {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), home: t.TempDir(), http: "127.0.0.1:0"}
	h := &rawHouse{server: s, brokers: brokers}
	h.write("outcry.yaml", fmt.Sprintf(rawYAML, strings.Join(brokers, ", ")))
	h.write("instruments.csv", definitionsHead+"GOLD,-2,0\n")
	var err error
	if h.kafka, err = kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.kafka.Close)
	s.start()
	t.Cleanup(s.kill)
	return h
}

func (h *rawHouse) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.data, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// produce writes messages, each with its instrument as the key.
func (h *rawHouse) produce(messages ...string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	var records []*kgo.Record
	for _, m := range messages {
		records = append(records, &kgo.Record{Topic: "outcry.raw.acme", Key: []byte("k"), Value: []byte(m)})
	}
	if err := h.kafka.ProduceSync(ctx, records...).FirstErr(); err != nil {
		h.t.Fatal(err)
	}
}

// poison runs outcry poison with the brokers.
func (h *rawHouse) poison(args ...string) string {
	h.t.Helper()
	return h.run(append([]string{"poison", args[0], "--data", h.data}, args[1:]...)...)
}

// trades of an instrument that are in the log.
func (h *rawHouse) trades(instrument string) uint64 {
	h.t.Helper()
	answer, err := h.client().Latest(h.t.Context(), &outcryv1.LatestRequest{Instruments: []string{instrument}})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(answer.Instruments) == 0 {
		return 0
	}
	return answer.Instruments[0].GetStats().GetTrades()
}

// until asks again and again; each asking takes its time.
func (h *rawHouse) until(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s does not come; poison is\n%s", what, h.poison("list", "--all"))
		}
	}
}

// waiting lists the ids of the poison that waits.
func (h *rawHouse) waiting() (ids []string) {
	for line := range strings.Lines(h.poison("list", "--json")) {
		var e map[string]string
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, e["id"])
	}
	return ids
}

func rawTrade(instrument string, n int) string {
	return fmt.Sprintf(`{"id":"%s-%d","s":%q,"p":"24.%02d","q":%d,"t":%d}`, instrument, n, instrument, n%100, 1+n%5, 1_700_000_000_000+n)
}

// The whole way for somebody with a producer of his own: what is good arrives once,
// though the server is killed; what is bad waits with its reason, and arrives once
// when the fault is mended and it is replayed.
func TestRawTopicsArriveOnceAndPoisonCanBeReplayed(t *testing.T) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(3))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	h := newRawHouse(t, k.ListenAddrs())
	h.until("the topic", func() bool { return len(h.waiting()) == 0 && h.topicThere() })
	const n = 300
	for i := range n {
		messages := []string{rawTrade("GOLD", i)}
		switch {
		case i%50 == 7:
			messages = append(messages, `{"s":"GOLD","p":NaN}`)
		case i%50 == 8:
			messages = append(messages, rawTrade("NEW", i))
		case i%20 == 9:
			messages = append(messages, rawTrade("GOLD", i-3))
		case i == n/2:
			h.kill()
			h.start()
		}
		h.produce(messages...)
	}
	h.until("every trade", func() bool { return h.trades("GOLD") == n })
	h.until("poison", func() bool { return len(h.waiting()) == 12 })

	shown := h.poison("show", h.waiting()[0])
	for _, want := range []string{"from      outcry.raw.acme/", "stage     decode", "invalid character 'N'", "key       k", `{"s":"GOLD","p":NaN}`} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	h.write("instruments.csv", definitionsHead+"GOLD,-2,0\nNEW,-2,0\n")
	if err := h.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	// Replayed before the file is read, a message is poison again: then it is replayed again.
	h.until("what was replayed", func() bool {
		if h.trades("NEW") < 6 && len(h.waiting()) > 6 {
			h.poison("replay", "--all", "--reason", "not defined")
		}
		return h.trades("NEW") == 6
	})
	if out := h.poison("drop", "--all", "--stage", "decode"); !strings.Contains(out, "6 messages dropped") {
		t.Error(out)
	}
	if ids := h.waiting(); len(ids) != 0 {
		t.Errorf("%v wait still", ids)
	}
	if out, err := h.command("poison", "drop", "--data", h.data, "0").CombinedOutput(); err == nil || !strings.Contains(string(out), "already") {
		t.Errorf("%s, %v", out, err)
	}
	if g, n2 := h.trades("GOLD"), h.trades("NEW"); g != n || n2 != 6 {
		t.Errorf("in the end %d and %d trades", g, n2)
	}
	h.stop()
}

// topicThere waits until the server has made its topic.
func (h *rawHouse) topicThere() bool {
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	h.kafka.PurgeTopicsFromProducing("outcry.raw.acme")
	return h.kafka.ProduceSync(ctx, &kgo.Record{Topic: "outcry.raw.acme", Key: []byte("k"), Value: []byte(strings.Replace(rawTrade("GOLD", 0), `"q":1`, `"q":0`, 1))}).FirstErr() == nil
}

// Whoever mistypes the brokers must hear of it, and the tape of everybody else go on.
func TestAServerOutlivesItsRawTopics(t *testing.T) {
	h := newRawHouse(t, []string{"127.0.0.1:1"})
	if n := h.trades("GOLD"); n != 0 {
		t.Error(n)
	}
	out, err := h.command("poison", "list", "--data", h.data).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "connecting to Kafka at 127.0.0.1:1") {
		t.Errorf("%s, %v", out, err)
	}
	h.stop()
}
