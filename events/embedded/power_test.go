package embedded_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

const powerCuts = 1000

// Breaks for users: what was acknowledged is gone after a power cut or
// a kill, or a position that they saw means something else.
func TestAThousandPowerCutsLoseNothingAcknowledged(t *testing.T) {
	t.Parallel()
	for seed := range uint64(powerCuts) {
		w := &world{r: seeded(seed), fs: faultfs.New(), known: map[events.Position]string{}, tried: map[string]bool{}}
		w.config = small(nil)
		w.config.TailBytes = 1 + w.r.Int64N(4000)
		if seed%3 == 0 {
			w.config.KeepBytes = 1
		}
		for life := range 4 {
			if err := w.live(life); err != nil {
				t.Fatalf("seed %d, life %d: %v", seed, life, err)
			}
		}
	}
}

// world is a log that lives through power cuts, and what is known of it.
type world struct {
	r      *rand.Rand
	fs     *faultfs.FS
	config embedded.Config
	known  map[events.Position]string // acknowledged or seen
	tried  map[string]bool
	marks  [4]events.Position // promised by Retain
	n      int
}

// live opens the log, publishes until the power goes, and looks at what is left.
func (w *world) live(life int) error {
	w.fs.CrashAt(1 + w.r.IntN(150))
	w.config.FS = w.fs
	log, err := embedded.Open(dir, w.config)
	switch {
	case err == nil:
		err = errors.Join(w.publish(log, 40), log.Close())
	case w.fs.Down():
		err = nil
	}
	if err != nil {
		return err
	}
	w.stop()
	if life == 0 { // sometimes the power goes again before anything was opened
		w.stop()
	}
	w.config.FS = w.fs
	if log, err = embedded.Open(dir, w.config); err != nil {
		return fmt.Errorf("opening after the power cut: %w", err)
	}
	err = errors.Join(w.look(log), log.Close())
	w.stop() // what was seen must stay, though nothing was synced since
	return err
}

// stop cuts the power, or only kills the process.
func (w *world) stop() {
	if w.r.IntN(2) == 0 {
		w.fs.Restart()
		return
	}
	w.fs = w.fs.Reboot(w.r)
}

func (w *world) publish(log *embedded.Log, calls int) error {
	for range calls {
		kind := events.Kinds()[w.r.IntN(2)]
		var call []*message.Message
		for range 1 + w.r.IntN(4) {
			w.n++
			payload := fmt.Sprintf("%d %s", w.n, strings.Repeat("x", w.r.IntN(900)))
			w.tried[payload] = true
			call = append(call, newMessage(kind, w.r.Int32N(2), payload))
		}
		err := log.Publish(kind.Topic(), call...)
		if w.fs.Down() && err != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
		for _, m := range call {
			w.known[events.PositionOf(m)] = string(m.Payload)
		}
		if last := events.PositionOf(call[0]); w.r.IntN(4) == 0 {
			w.marks[int(last.Partition)+2*(int(kind)-1)] = last
			log.Retain(last)
		}
	}
	return nil
}

// look compares what is left with what is known, and learns the rest.
func (w *world) look(log *embedded.Log) error {
	left, err := contents(log)
	if err != nil {
		return fmt.Errorf("reading after the power cut: %w", err)
	}
	for p, payload := range left {
		if !w.tried[payload] {
			return fmt.Errorf("%s has %.20q, which nobody published", p, payload)
		}
	}
	seen := map[string]bool{}
	for _, payload := range left {
		if seen[payload] {
			return fmt.Errorf("%.20q is there twice", payload)
		}
		seen[payload] = true
	}
	for p, payload := range w.known {
		if err := w.expect(log, left, p, payload); err != nil {
			return err
		}
	}
	w.known = left
	return nil
}

func (w *world) expect(log *embedded.Log, left map[events.Position]string, p events.Position, payload string) error {
	mark := w.marks[int(p.Partition)+2*(int(p.Kind)-1)]
	first, next, err := log.Bounds(p.Kind, p.Partition)
	switch {
	case err != nil:
		return err
	case p.Offset < first && p.Offset < mark.Offset && w.config.KeepBytes > 0:
		return nil
	case left[p] != payload:
		return fmt.Errorf("%s was acknowledged with %.20q and has %.20q; the log has %d to %d", p, payload, left[p], first, next)
	}
	return nil
}

// Breaks for users: the process dies between two steps, starts again as if all
// of them were durable, and then the power goes.
func TestAKillAndThenAPowerCutLoseNothing(t *testing.T) {
	for op := range 120 {
		w := &world{r: seeded(uint64(op)), fs: faultfs.New(), known: map[events.Position]string{}, tried: map[string]bool{}}
		w.config = small(w.fs)
		for life := range 3 {
			if life == 0 {
				w.fs.CrashAt(1 + op)
			}
			log, err := embedded.Open(dir, w.config)
			if err == nil {
				err = errors.Join(w.publish(log, []int{40, 1, 0}[life]), w.lookAtLast(log, life), log.Close())
			}
			if err != nil && !w.fs.Down() {
				t.Fatalf("operation %d, life %d: %v", op, life, err)
			}
			if life == 0 {
				w.fs.Restart()
			} else {
				w.fs = w.fs.Reboot(w.r)
				w.config.FS = w.fs
			}
		}
	}
}

func (w *world) lookAtLast(log *embedded.Log, life int) error {
	if life < 2 {
		return nil
	}
	return w.look(log)
}

// Breaks for users: a restart after a failed sync would serve what the next
// power cut takes away, because the kernel no longer writes it.
func TestWhatIsServedAfterAFailedSyncIsDurable(t *testing.T) {
	for seed := range uint64(50) {
		fs := faultfs.New()
		log := mustOpen(t, dir, small(fs))
		want := mustPublish(t, log, events.Room, 0, "before")
		fs.FailSync(errors.New("the disk has gone bad"))
		if _, err := publish(log, events.Room, 0, "during"); err == nil {
			t.Fatal("a record whose sync failed was acknowledged")
		}
		mustClose(t, log)
		log = mustOpen(t, dir, small(fs))
		served, err := contents(log)
		if err != nil || served[want] != "before" {
			t.Fatalf("after the restart the log has %v (%v)", served, err)
		}
		mustClose(t, log)
		log = mustOpen(t, dir, small(fs.Reboot(seeded(seed))))
		after, err := contents(log)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(served, after); diff != "" {
			t.Fatalf("seed %d: served before the power cut and after it (-before +after):\n%s", seed, diff)
		}
	}
}
