package room

import (
	"fmt"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkPost folds posts of 50 people, 16 a group, in a room whose windows are full.
func BenchmarkPost(b *testing.B) {
	benchmark(b, func(int, uint64) *outcryv1.RoomInput {
		return posting("", nil, "out of this one, have a good day", 0)
	})
}

// BenchmarkReact folds posts to which 15 people react.
func BenchmarkReact(b *testing.B) {
	benchmark(b, func(i int, head uint64) *outcryv1.RoomInput {
		if i%16 == 0 {
			return posting("", nil, "react!", 0)
		}
		return reacting("", nil, head, "👍", false)
	})
}

const size = 16 // inputs of a group

func benchmark(b *testing.B, next func(i int, head uint64) *outcryv1.RoomInput) {
	s := founded(b)
	for i := range 50 {
		fold(s, 0, joining(users[i], idOf(0, 1)))
	}
	for i := range 5100 {
		fold(s, i, posting("ada", idOf(i, 1), "out of this one, have a good day", 0))
	}
	g, out := &outcryv1.RoomGroup{Room: "pit", Inputs: make([]*outcryv1.RoomInput, size)}, &Facts{}
	refused, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		for k := range g.Inputs { // what a decoder would allocate is counted too
			g.Inputs[k] = next(k, s.Head()+1)
			g.Inputs[k].User, g.Inputs[k].ClientMsgId = users[k], idOf(5100+i, k)
		}
		i++
		out.Reset()
		s.Fold(headerAt(5100+i), g, out)
		refused += size - len(out.Items)
	}
	if refused > 0 {
		b.Fatalf("%d inputs were not accepted", refused)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/input")
}

var users = func() (all [50]string) {
	for i := range all {
		all[i] = fmt.Sprint("user", i)
	}
	return all
}()

// BenchmarkSnapshot packs a busy room, and reads it back.
func BenchmarkSnapshot(b *testing.B) {
	s := busy(b)
	var data []byte
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data = s.Snapshot(data[:0])
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Restore("pit", data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
