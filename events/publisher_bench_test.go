package events

import (
	"context"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// nowhere is a log that says at once that everything is durable.
type nowhere struct{ *memoryLog }

func (nowhere) Publish(_ string, messages ...*message.Message) error {
	for _, m := range messages {
		p := PositionOf(m)
		p.Offset = 0
		SetPosition(m, p, 0)
	}
	return nil
}

// BenchmarkPublisher counts everything from Tick to the log's door for 10,000
// instruments with Zipf activity over 16 partitions: grouping, encoding, copying.
// load=200k waits for every 200 ticks, which is a millisecond of 200,000 ticks a
// second; load=closed sends every 20,000 and only the memory bound waits.
func BenchmarkPublisher(b *testing.B) {
	ids, instruments, ticks := zipfTicks(1 << 18)
	for _, load := range []struct {
		name  string
		every int
		wait  bool
	}{{"200k", 200, true}, {"closed", 20_000, false}} {
		b.Run("load="+load.name, func(b *testing.B) {
			records, bytes := 0, 0
			p := NewPublisher(nowhere{newMemoryLog(benchPartitions)}, PublisherConfig{Observer: Observer{Appended: func(_ Kind, r, _, n int, _ time.Duration) {
				records += r
				bytes += n
			}}})
			s := p.Open("bench.quote", "2026-01-01", 1)
			ctx := context.Background()
			fail := func(_ []Position, err error) {
				if err != nil {
					b.Error(err)
				}
			}
			b.ReportAllocs()
			n := 0
			for ; b.Loop(); n++ {
				i := n & (1<<18 - 1)
				if err := s.Tick(ctx, ids[instruments[i]], &ticks[i], ""); err != nil {
					b.Fatal(err)
				}
				if n%load.every != load.every-1 {
					continue
				}
				if !load.wait {
					s.Send(fail)
				} else if _, err := s.Flush(ctx); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Close(ctx); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(n)/float64(records), "events/record")
			b.ReportMetric(float64(bytes)/float64(n), "B/event")
		})
	}
}
