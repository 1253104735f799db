package wire

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkUpdate is what a version costs once for all sessions of an encoding.
func BenchmarkUpdate(b *testing.B) {
	for name, e := range map[string]Encoding{"binary": Binary, "json": JSON} {
		b.Run(name, func(b *testing.B) {
			u, buf, body := &Update{Slot: Quote, View: busyView()}, make([]byte, 0, 4096), make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				body = e.UpdateBody(body[:0], u)
				buf = e.Update(buf[:0], body, nil)
			}
			b.SetBytes(int64(len(buf)))
		})
		b.Run(name+" merged", func(b *testing.B) { // what a session adds that is not where the others are
			m, buf := busyMerged(), make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				buf = e.MergedPart(buf[:0], m)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
	b.Run("generated", func(b *testing.B) { // what binary is held against
		u, buf := &Update{Slot: Quote, View: busyView()}, make([]byte, 0, 4096)
		b.ReportAllocs()
		for b.Loop() {
			frames := &outcryv1.ServerFrames{Frames: []*outcryv1.ServerFrame{{Frame: &outcryv1.ServerFrame_Update{Update: u.message()}}}}
			var err error
			if buf, err = (proto.MarshalOptions{}).MarshalAppend(buf[:0], frames); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(buf)))
	})
}

// BenchmarkItem is what each session pays for an item of a stream that all share.
func BenchmarkItem(b *testing.B) {
	for name, e := range map[string]Encoding{"binary": Binary, "json": JSON} {
		b.Run(name, func(b *testing.B) {
			body := e.Body(nil, &outcryv1.Message{Room: "lobby", Seq: 1, User: "ann", Text: &outcryv1.Text{Data: []byte("buy the dip?")}})
			part, buf := e.TopicPart(&outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: "lobby"}), make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				out, m := e.OpenItems(buf[:0], part, false)
				buf = e.CloseItems(e.Item(out, 100, 99, body), m, 100)
			}
		})
	}
}

// BenchmarkDecodeSubscribe is what a client costs that comes back with two hundred instruments.
func BenchmarkDecodeSubscribe(b *testing.B) {
	s := &outcryv1.Subscribe{Request: 1}
	for i := range 200 {
		s.Subscriptions = append(s.Subscriptions, &outcryv1.Subscription{MaxPerSecond: 10,
			Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: fmt.Sprintf("SYMBOL%d", i)}})
	}
	p, err := proto.Marshal(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: s}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("binary", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Binary.Decode(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("generated", func(b *testing.B) { // what binary is held against
		b.ReportAllocs()
		for b.Loop() {
			if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(p, &outcryv1.ClientFrame{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
