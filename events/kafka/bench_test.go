package kafka_test

import (
	"fmt"
	"sync"
	"testing"

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
			groups := 0
			for n := 0; n < b.N; n += shape.partitions {
				if err := log.Publish(events.Instrument.Topic(), group(shape.partitions, shape.size)...); err != nil {
					b.Fatal(err)
				}
				groups++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(groups), "µs/group")
		})
	}
}

// What a record costs to read when all partitions catch up at once.
func BenchmarkRead(b *testing.B) {
	for _, shape := range []struct{ partitions, size int }{{16, 200}, {64, 2 << 10}, {64, 20 << 10}} {
		b.Run(fmt.Sprintf("partitions=%d/bytes=%d", shape.partitions, shape.size), func(b *testing.B) {
			log := benchLog(b, shape.partitions)
			each := b.N/shape.partitions + 1
			for range each {
				if err := log.Publish(events.Instrument.Topic(), group(shape.partitions, shape.size)...); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(shape.size))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for p := range shape.partitions {
				messages := subscribe(b, log, at(events.Instrument, int32(p), 0))
				wg.Go(func() {
					for range each {
						m := <-messages
						m.Ack()
					}
				})
			}
			wg.Wait()
		})
	}
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
