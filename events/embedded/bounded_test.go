package embedded_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

// Breaks for users: one shard that stands still would fill the memory.
func TestASubscriptionTakesOnlySoMuchAhead(t *testing.T) {
	for name, test := range map[string]struct{ records, size, most int }{
		"many small": {3000, 10, 1024},
		"few large":  {40, 1 << 20, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := embedded.Config{FS: faultfs.New(), TailBytes: 1 << 20}
			log := mustOpen(t, dir, c)
			for range test.records {
				mustPublish(t, log, events.Room, 0, strings.Repeat("b", test.size))
			}
			sub := log.Subscriber(at(events.Room, 0, 0))
			messages, err := sub.Subscribe(t.Context(), events.Room.Topic())
			if err != nil {
				t.Fatal(err)
			}
			var got []*message.Message
			receiveAll := func() {
				for {
					synctest.Wait()
					select {
					case m := <-messages:
						got = append(got, m)
						continue
					default:
					}
					return
				}
			}
			receiveAll()
			if len(got) != test.most {
				t.Errorf("%s: %d records without an ack, want %d", name, len(got), test.most)
			}
			for i := 0; i < len(got); i++ {
				got[i].Ack()
				receiveAll()
			}
			if len(got) != test.records {
				t.Errorf("%s: %d records in the end, want %d", name, len(got), test.records)
			}
			if err := sub.Close(); err != nil {
				t.Error(err)
			}
			mustClose(t, log)
		})
	}
}

// Breaks for users: publishers would fill the memory while the disk is slow.
func TestPublishersWaitWhileTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &gatedFS{FS: faultfs.New(), open: make(chan struct{})}
		log := mustOpen(t, dir, embedded.Config{FS: gate, QueueBytes: 3000})
		gate.closed.Store(true)
		done := make(chan error, 10)
		for range 10 {
			go func() {
				_, err := publish(log, events.Room, 0, strings.Repeat("q", 968)) // 1,000 with its header
				done <- err
			}()
		}
		synctest.Wait()
		if n := log.Queued(); n != 3000 {
			t.Errorf("%d bytes are queued, want 3,000", n)
		}
		gate.closed.Store(false)
		close(gate.open)
		for range 10 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		mustClose(t, log)
	})
}
