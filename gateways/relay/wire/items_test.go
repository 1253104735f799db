package wire

import (
	"testing"

	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// itemsProperty joins frames of a stream's items from parts, between other frames.
func itemsProperty(t *rapid.T) {
	e := Encoding(rapid.IntRange(0, Encodings-1).Draw(t, "encoding"))
	topic := &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: text.Draw(t, "id")}
	pong := &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Heartbeat{Heartbeat: &outcryv1.Heartbeat{ServerTimeNs: 5}}}
	want := &outcryv1.ServerFrames{}
	out := e.Open(nil)
	for range rapid.IntRange(1, 3).Draw(t, "frames") {
		if rapid.Bool().Draw(t, "between") {
			out, want.Frames = e.Frame(out, pong), append(want.Frames, pong)
		}
		items := &outcryv1.Items{Topic: topic, Snapshot: rapid.Bool().Draw(t, "snapshot"), CompleteTo: rapid.Uint64().Draw(t, "complete")}
		var m Mark
		out, m = e.OpenItems(out, e.TopicPart(topic), items.Snapshot)
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			seq, prev := rapid.Uint64().Draw(t, "seq"), rapid.Uint64().Draw(t, "prev")
			body, item := drawBody(t, seq)
			item.Seq, item.PrevSeq = seq, prev
			items.Items = append(items.Items, item)
			out = e.Item(out, seq, prev, e.Body(nil, body))
		}
		out = e.CloseItems(out, m, items.CompleteTo)
		want.Frames = append(want.Frames, &outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_Items{Items: items}})
	}
	same(t, want, decode(t, e, e.Close(out)))
}

// A stream whose parts are joined wrongly loses messages, or the connection.
func TestJoinedItemsSayWhatGeneratedCodeSays(t *testing.T) { rapid.Check(t, itemsProperty) }

func FuzzItems(f *testing.F) { f.Fuzz(rapid.MakeFuzz(itemsProperty)) }
