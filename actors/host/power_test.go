package host

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"outcry/events/embedded/faultfs"
)

// Breaks for users: after a power cut something acknowledged is gone, a number
// that they saw means something else, or bars and messages are wrong. The whole house
// stands on a disk that loses, tears and reorders what was not synced.
//
// OUTCRY_POWER_SEED=n runs one seed again; OUTCRY_SOAK=1 runs ten times as many.
func TestAThousandPowerCutsThroughTheWholeHouse(t *testing.T) {
	t.Parallel()
	seeds := powerSeeds(t)
	next := make(chan uint64)
	var group sync.WaitGroup
	var cuts, replays, lost [64]int
	for worker := range min(runtime.GOMAXPROCS(0), len(cuts)) {
		group.Go(func() {
			for seed := range next {
				w := newPowerWorld(t, seed)
				if err := w.run(); err != nil {
					t.Errorf("OUTCRY_POWER_SEED=%d: %v", seed, err)
				}
				cuts[worker] += w.cuts
				replays[worker] += w.replays
				lost[worker] += w.store.lost
			}
		})
	}
	for _, seed := range seeds {
		if t.Failed() {
			break
		}
		next <- seed
	}
	close(next)
	group.Wait()
	sum := func(all [64]int) (n int) {
		for _, one := range all {
			n += one
		}
		return n
	}
	t.Logf("%d seeds, %d power cuts and kills; %d replays from a checkpoint, %d transactions of rows were lost", len(seeds), sum(cuts), sum(replays), sum(lost))
	if len(seeds) >= powerCuts && (sum(cuts) < powerCuts || sum(replays) == 0 || sum(lost) == 0) {
		t.Error("that proves too little")
	}
}

const powerCuts = 1000

func powerSeeds(t *testing.T) (seeds []uint64) {
	if one := os.Getenv("OUTCRY_POWER_SEED"); one != "" {
		seed, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	n := uint64(powerCuts)
	if os.Getenv("OUTCRY_SOAK") != "" {
		n *= 10
	}
	for seed := range n {
		seeds = append(seeds, seed)
	}
	return seeds
}

// powerWorld is a house on a bad disk, and all that its clients know.
type powerWorld struct {
	t     *testing.T
	r     *rand.Rand
	seed  uint64
	fs    *faultfs.FS
	store *powerStore
	clock *powerClock
	keep  bool // the whole log, so that a replay from 0 is possible

	feeds []*powerFeed
	rooms []*powerRoom
	seen  powerSeen

	cuts    int
	replays int // from checkpoints
}

func newPowerWorld(t *testing.T, seed uint64) *powerWorld {
	w := &powerWorld{t: t, r: rand.New(rand.NewPCG(seed, 2)), seed: seed, fs: faultfs.New(), clock: &powerClock{}, keep: seed%4 != 0}
	w.store = newPowerStore(func() bool { return w.fs.Down() })
	for _, id := range []string{"GOLD", "IRON", "SALT"} {
		w.feeds = append(w.feeds, &powerFeed{id: id, seed: seed})
	}
	for _, id := range []string{"pit", "bar"} {
		w.rooms = append(w.rooms, &powerRoom{id: id})
	}
	return w
}

// run lives through some power cuts, looks at what is left after each, and
// in the end compares all with the model.
func (w *powerWorld) run() error {
	for life := range 2 {
		if err := w.live(1 + w.r.IntN(60)); err != nil {
			return fmt.Errorf("life %d: %w", life, err)
		}
		w.stop()
		if err := w.look(); err != nil {
			return fmt.Errorf("after the power cut of life %d: %w", life, err)
		}
		w.stop() // what was seen must stay
	}
	if err := w.live(0); err != nil {
		return fmt.Errorf("the last life: %w", err)
	}
	if err := w.look(); err != nil {
		return fmt.Errorf("after the last life: %w", err)
	}
	return w.model()
}

// stop cuts the power, or only kills the process.
func (w *powerWorld) stop() {
	w.cuts++
	if w.r.IntN(3) == 0 {
		w.fs.Restart()
		return
	}
	w.fs = w.fs.Reboot(w.r)
	w.store.cut(w.r)
}
