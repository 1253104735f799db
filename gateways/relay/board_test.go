package relay

import (
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"outcry/gateways/relay/wire"
)

// marked counts its marks.
type marked struct{ n int }

func (m *marked) Marked() { m.n++ }

// A watcher that loses its place in the list is never told again: its price stands still.
func TestEveryWatcherIsMarkedOnceAndNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const boards, places = 3, 130 // of three pages each
		var list watchers
		var marks Marks
		owners, all := make([]marked, boards), make([]Board, boards)
		for i := range all {
			all[i].owner, all[i].marks = &owners[i], &marks
		}
		type place struct{ board, place int }
		in := map[place]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			who := place{rapid.IntRange(0, boards-1).Draw(t, "board"), rapid.SampledFrom([]int{0, 1, 63, 64, 127, places - 1}).Draw(t, "place")}
			w := all[who.board].place(who.place)
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				list.add(w)
				in[who] = true
			case 1:
				list.remove(w)
				delete(in, who)
			default:
				list.mark()
				list.mark()
				clear(owners)
				marks.Take(nil)
				got := map[place]bool{}
				for i := range all {
					for at, ok := all[i].Next(0); ok; at, ok = all[i].Next(at) {
						got[place{i, at}] = true
						if owners[i].n != 1 {
							t.Fatalf("board %d was told %d times", i, owners[i].n)
						}
					}
				}
				if len(got) != len(in) {
					t.Fatalf("in the list are %v, marked were %v", in, got)
				}
				for who := range got {
					if !in[who] {
						t.Fatalf("in the list are %v, marked were %v", in, got)
					}
				}
			}
		}
	})
}

// Breaks for users: a price that moved while the one before was being written never comes.
func TestAChangeDuringItsOwnTurnIsMarkedAgain(t *testing.T) {
	f := newTestFloor()
	in := watched(t, New(Config{Floor: f}), "A")
	var marks Marks
	owner := &marked{}
	board := NewBoard(owner, &marks)
	p := in.Place(wire.Quote)
	p.Watch(&board, 70)
	const last = 20_000
	var group sync.WaitGroup
	done := f.changing(&group, "A", last)
	meanwhile(done, func() {
		told := owner.n
		marks.Take(nil)
		if owner.n == told {
			return
		}
		for at, ok := board.Next(0); ok; at, ok = board.Next(at + 1) {
			if at != 70 {
				t.Fatalf("place %d was marked", at)
			}
			appended(wire.Binary, &p)
		}
	})
	group.Wait()
	if p.New() || board.Any() || eventsAt(&p) != last {
		t.Errorf("stands at %d of %d, %d are marked", eventsAt(&p), last, board.Count())
	}
}

// A client has hundreds of places, and a word more of each is 24 MB for 15,000 clients.
func TestAPlaceIsFourWords(t *testing.T) {
	if size := unsafe.Sizeof(Place{}); size != 32 {
		t.Errorf("%d bytes", size)
	}
}
