package room

import (
	"fmt"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkPost folds posts of 50 people, 16 a group, in a room whose windows are full.
func BenchmarkPost(b *testing.B) {
	benchmark(b, func(int) *outcryv1.RoomInput { return posting("", nil, "out of this one, have a good day", 0) })
}

// BenchmarkReact folds reactions to the newest posts.
func BenchmarkReact(b *testing.B) {
	benchmark(b, func(i int) *outcryv1.RoomInput {
		return reacting("", nil, uint64(5000+i%100), fmt.Sprint("e", i%20), i/1000%2 == 1)
	})
}

func benchmark(b *testing.B, make func(i int) *outcryv1.RoomInput) {
	s := founded(b)
	for i := range 50 {
		fold(s, 0, joining(fmt.Sprint("user", i), idOf(0, 1)))
	}
	for i := range 5100 {
		fold(s, i, posting("ada", idOf(i, 1), "out of this one, have a good day", 0))
	}
	const size = 16
	g, out := &outcryv1.RoomGroup{Room: "pit"}, &Facts{}
	for i := range size {
		g.Inputs = append(g.Inputs, make(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for k := range g.Inputs {
			if i%60 == 0 {
				b.StopTimer()
				g.Inputs[k] = make(i*size + k)
				b.StartTimer()
			}
			g.Inputs[k].User, g.Inputs[k].ClientMsgId = users[(i+k)%50], idOf(5100+i, i*size+k)
		}
		out.Reset()
		s.Fold(headerAt(5100+i), g, out)
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
