package embedded_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/embedded"
)

// BenchmarkPublish is one record a call, from many callers at once: how groups gather.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{200, 16 << 10} {
		for _, callers := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%dB/%dcallers", size, callers), func(b *testing.B) { benchmarkPublish(b, size, callers) })
		}
	}
}

func benchmarkPublish(b *testing.B, size, callers int) {
	var groups, syncNanos atomic.Int64
	c := embedded.Config{}
	c.Observer.Committed = func(g embedded.Commit) {
		groups.Add(1)
		syncNanos.Add(int64(g.Sync))
	}
	log := mustOpen(b, b.TempDir(), c)
	payload := make([]byte, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.SetParallelism((callers + 1) / 2) // times the processors, two here
	var n atomic.Int32
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		p := n.Add(1) % 16
		for pb.Next() {
			if err := log.Publish(events.Instrument.Topic(), events.NewMessage(events.Instrument, p, payload)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(syncNanos.Load())/float64(groups.Load())/1e3, "µs-sync/group")
	b.ReportMetric(float64(b.N)/float64(groups.Load()), "records/group")
}

// BenchmarkAppend is many records a call: what a record costs beside the sync.
func BenchmarkAppend(b *testing.B) {
	const records = 1000
	var syncNanos atomic.Int64
	c := embedded.Config{}
	c.Observer.Committed = func(g embedded.Commit) { syncNanos.Add(int64(g.Sync)) }
	log := mustOpen(b, b.TempDir(), c)
	payload := make([]byte, 200)
	call := make([]*message.Message, records)
	b.ReportAllocs()
	began := time.Now()
	for b.Loop() {
		for i := range call {
			call[i] = events.NewMessage(events.Instrument, int32(i%16), payload)
		}
		if err := log.Publish(events.Instrument.Topic(), call...); err != nil {
			b.Fatal(err)
		}
	}
	total := time.Since(began)
	b.ReportMetric(float64(total.Nanoseconds()-syncNanos.Load())/float64(b.N)/records, "ns/record-without-sync")
	b.ReportMetric(float64(syncNanos.Load())/float64(b.N)/1e3, "µs-sync/group")
}

// written makes a closed log of so many bytes, in records of 1 KiB over 32 partitions.
func written(b *testing.B, bytes int) (dir string, perPartition int64) {
	b.Helper()
	dir = filepath.Join(b.TempDir(), "log")
	log := mustOpen(b, dir, embedded.Config{})
	payload := make([]byte, 1<<10)
	for left := bytes; left > 0; {
		for _, kind := range events.Kinds() {
			var call []*message.Message
			for i := range 128 {
				call = append(call, events.NewMessage(kind, int32(i%16), payload))
			}
			if err := log.Publish(kind.Topic(), call...); err != nil {
				b.Fatal(err)
			}
			left -= len(call) * len(payload)
			perPartition += 8
		}
	}
	mustClose(b, log)
	return dir, perPartition / 2
}

// BenchmarkOpen is the start with 1 GB of log, of which the last segment has 220 MiB.
func BenchmarkOpen(b *testing.B) {
	dir, _ := written(b, 960<<20)
	for b.Loop() {
		mustClose(b, mustOpen(b, dir, embedded.Config{}))
	}
}

// BenchmarkRead is one subscription that reads its partition from the files;
// MB/s counts its own payloads, file-MB/s all partitions' bytes that it passed.
func BenchmarkRead(b *testing.B) {
	const size = 256 << 20
	dir, n := written(b, size)
	log := mustOpen(b, dir, embedded.Config{})
	b.SetBytes(n << 10)
	b.ReportAllocs()
	for b.Loop() {
		sub := log.Subscriber(at(events.Room, 3, 0))
		messages, err := sub.Subscribe(b.Context(), events.Room.Topic())
		if err != nil {
			b.Fatal(err)
		}
		for range n {
			(<-messages).Ack()
		}
		if err := sub.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds()/1e6, "file-MB/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
}

// BenchmarkTail is the way from Publish to a tailing reader, with 31 others
// that wait in vain.
func BenchmarkTail(b *testing.B) {
	log := mustOpen(b, b.TempDir(), embedded.Config{})
	var mine <-chan *message.Message
	for _, kind := range events.Kinds() {
		for p := range int32(16) {
			messages, err := log.Subscriber(at(kind, p, 0)).Subscribe(b.Context(), kind.Topic())
			if err != nil {
				b.Fatal(err)
			}
			if kind == events.Room && p == 3 {
				mine = messages
			}
		}
	}
	payload := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		if err := log.Publish(events.Room.Topic(), events.NewMessage(events.Room, 3, payload)); err != nil {
			b.Fatal(err)
		}
		(<-mine).Ack()
	}
}
