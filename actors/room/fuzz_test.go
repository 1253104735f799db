package room

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	outcryv1 "outcry/proto/outcry/v1"
)

// busy is a room in which everything has happened.
func busy(t rapid.TB) *State {
	s := founded(t)
	for i := range 600 {
		fold(s, i, posting("ada", idOf(i, 1000+i), "so much to say", uint64(i%3*(i/3))))
	}
	based := editing("ada", idOf(600, 1), 3, "edited")
	based.Base = &outcryv1.Base{AsOfSeq: 600, Message: &outcryv1.Message{Room: "pit", Seq: 3, ChangeSeq: 3,
		Kind: outcryv1.MessageKind_MESSAGE_KIND_POST, User: "ada", Reactions: []*outcryv1.Reaction{{Emoji: "🦊", Users: []string{"bob"}}}}}
	fold(s, 600, based, reacting("bob", idOf(600, 2), 3, "👍", false), deleting("ada", idOf(600, 3), 400),
		setting("ada", idOf(600, 4), &outcryv1.RoomSettings{Title: "Pit"}), posting("eve", idOf(600, 5), "?", 0), editing("ada", idOf(600, 6), 4, "?"))
	bring(s, "a", imported(1), imported(7), imported(2, 1, 7))
	return s
}

// FuzzRestore: a damaged snapshot must give an error, and what is taken must be
// what Snapshot writes and go on without a panic, or a shard would never start again.
func FuzzRestore(f *testing.F) {
	f.Add(New("pit").Snapshot(nil))
	f.Add(founded(f).Snapshot(nil))
	f.Add(busy(f).Snapshot(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Restore("pit", data)
		if err != nil {
			return
		}
		if again := s.Snapshot(nil); !bytes.Equal(again, data) {
			t.Fatalf("restored from\n%x\nand gave\n%x", data, again)
		}
		fold(s, 700, joining("ada", idOf(700, 1)), posting("ada", idOf(700, 2), "x", 3), reacting("ada", idOf(700, 3), 3, "x", false),
			deleting("ada", idOf(700, 4), s.Head()), leaving("ada", idOf(700, 5)))
		bring(s, "a", imported(3, 1, 2))
		s.Recent(0, 10)
		restored(t, s)
	})
}

// FuzzFold: whatever a record holds, a room must decide on each input and stay
// one that can be restored.
func FuzzFold(f *testing.F) {
	for _, inputs := range [][]*outcryv1.RoomInput{
		{joining("ada", idOf(1, 1)), posting("ada", idOf(1, 2), "x", 1), reacting("ada", idOf(1, 3), 3, "👍", false), deleting("ada", idOf(1, 4), 3)},
		{imported(1), imported(2, 1, 1), imported(2)}, {nil, {}},
		{leaving("ada", idOf(1, 1)), editing("ada", idOf(1, 2), 300, "y"), setting("ada", idOf(1, 3), &outcryv1.RoomSettings{})},
	} {
		data, err := proto.Marshal(&outcryv1.RoomGroup{Room: "pit", Inputs: inputs})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "gateway")
	}
	snapshot := busy(f).Snapshot(nil)
	f.Fuzz(func(t *testing.T, data []byte, source string) {
		var g outcryv1.RoomGroup
		if proto.Unmarshal(data, &g) != nil {
			return
		}
		s, err := Restore("pit", snapshot)
		if err != nil {
			t.Fatal(err)
		}
		head, out := s.Head(), &Facts{}
		h := headerAt(700)
		h.Source = source
		s.Fold(h, &g, out)
		if len(out.Outcomes) != len(g.Inputs) || s.Head()-head != uint64(len(out.Items)) {
			t.Fatalf("%d outcomes and %d items of %d inputs; head %d after %d", len(out.Outcomes), len(out.Items), len(g.Inputs), s.Head(), head)
		}
		restored(t, s)
	})
}
