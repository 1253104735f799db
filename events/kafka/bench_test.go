package kafka_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/kafka"
)

// benchLog is on the double, or on real brokers where they are wanted.
func benchLog(b *testing.B, partitions int) *kafka.Log {
	c := kafka.Config{Prefix: newPrefix(), Partitions: partitions}
	if wanted() {
		c.Brokers = brokers(b).Addresses()
	} else {
		c.Brokers = fake(b).ListenAddrs()
	}
	log := mustOpen(b, c)
	for range 30 { // new partitions are slow at first, and so are brokers that just began
		if err := log.Publish(events.Instrument.Topic(), group(partitions, 200)...); err != nil {
			b.Fatal(err)
		}
	}
	return log
}

// group is what the publisher appends at once: a record for each partition.
func group(partitions, size int) (all []*message.Message) {
	for p := range partitions {
		all = append(all, events.NewMessage(events.Instrument, int32(p), make([]byte, size)))
	}
	return all
}

// What a record costs to publish, alone and in groups over all partitions.
func BenchmarkPublish(b *testing.B) {
	for _, shape := range []struct{ partitions, size int }{{1, 200}, {16, 200}, {64, 200}, {64, 2 << 10}, {64, 20 << 10}} {
		b.Run(fmt.Sprintf("partitions=%d/bytes=%d", shape.partitions, shape.size), func(b *testing.B) {
			log := benchLog(b, shape.partitions)
			b.SetBytes(int64(shape.size))
			b.ReportAllocs()
			b.ResetTimer()
			began, groups := ownCPU(b), 0
			for n := 0; n < b.N; n += shape.partitions {
				if err := log.Publish(events.Instrument.Topic(), group(shape.partitions, shape.size)...); err != nil {
					b.Fatal(err)
				}
				groups++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(groups), "µs/group")
			b.ReportMetric(float64(ownCPU(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// What a record costs to read when all partitions catch up at once.
func BenchmarkRead(b *testing.B) {
	for _, shape := range []struct{ partitions, size int }{{16, 200}, {64, 200}, {64, 2 << 10}, {64, 20 << 10}} {
		b.Run(fmt.Sprintf("partitions=%d/bytes=%d", shape.partitions, shape.size), func(b *testing.B) {
			catchUp(b, shape.partitions, make([]byte, shape.size), func([]byte) error { return nil })
		})
	}
}

// What an event costs from the brokers to the fold: read, and decoded by one
// decoder a partition.
func BenchmarkReadEvents(b *testing.B) {
	for _, n := range []int{8, 64, 1000} {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			const partitions = 16
			var decoders [partitions]events.Decoder
			turn := make(chan *events.Decoder, partitions)
			for i := range decoders {
				turn <- &decoders[i]
			}
			catchUp(b, partitions, quotes(n), func(payload []byte) error {
				d := <-turn
				defer func() { turn <- d }()
				_, err := d.Decode(payload)
				return err
			})
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}

// quotes is a record of n quotes of one instrument.
func quotes(n int) []byte {
	ticks := make([]events.Tick, n)
	for i := range ticks {
		price := int64(100_000 + i%7)
		ticks[i] = events.Tick{Kind: events.QuoteTick, SourceSeq: uint64(i + 1), EventTime: 1_700_000_000_000_000_000 + int64(i)*2_500_000,
			Price: price, Size: int64(1 + i%500), AskPrice: price + 1, AskSize: int64(1 + i%300)}
	}
	return events.AppendBatch(nil, &events.Batch{Header: events.Header{Source: "bench", Epoch: "1", Mode: 1, IngestTime: 1_700_000_001_000_000_000},
		Instruments: []events.Group{{Instrument: "DEMO:A", Ticks: ticks}}})
}

// catchUp publishes b.N records and times how they are read, all partitions at once.
func catchUp(b *testing.B, partitions int, payload []byte, use func([]byte) error) {
	log := benchLog(b, partitions)
	_, from, err := log.Bounds(events.Instrument, 0)
	if err != nil {
		b.Fatal(err)
	}
	each := b.N/partitions + 1
	for n := 0; n < each; n += 16 {
		var all []*message.Message
		for range min(16, each-n) {
			all = append(all, group(partitions, 0)...)
		}
		for _, m := range all {
			m.Payload = payload
		}
		if err := log.Publish(events.Instrument.Topic(), all...); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	b.ResetTimer()
	began := ownCPU(b)
	var wg sync.WaitGroup
	for p := range partitions {
		messages := subscribe(b, log, at(events.Instrument, int32(p), from))
		wg.Go(func() {
			for range each {
				m := <-messages
				if err := use(m.Payload); err != nil {
					b.Error(err)
				}
				m.Ack()
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(ownCPU(b)-began)/float64(b.N), "cpu-ns/op")
}

// ownCPU is what this process has used: brokers on the same cores take their share of the time.
func ownCPU(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// How long a record takes from Publish to its reader, one at a time.
func BenchmarkRoundTrip(b *testing.B) {
	log := benchLog(b, 64)
	var readers []<-chan *message.Message
	for p := range int32(64) {
		readers = append(readers, subscribe(b, log, at(events.Instrument, p, 0)))
	}
	b.ResetTimer()
	for i := range b.N {
		p := i % 64
		if err := log.Publish(events.Instrument.Topic(), events.NewMessage(events.Instrument, int32(p), make([]byte, 200))); err != nil {
			b.Fatal(err)
		}
		m := <-readers[p]
		m.Ack()
	}
}
