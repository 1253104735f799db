package wire

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// FuzzDecode reads what any client may send. No panic; what is read is written
// and read again as the same; the bytes are the caller's to change after.
func FuzzDecode(f *testing.F) {
	for _, frame := range clientFrames() {
		b, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(false, b)
		f.Add(true, []byte(protojson.Format(frame)))
	}
	f.Add(true, []byte(`{"subscribe":{"subscriptions":[{"maxPerSecond":"NaN"}]},"unknown":[[[[]]]]}`))
	f.Add(true, []byte(`{"ping":{"clientTimeNs":"1e3"}} {}`))
	f.Fuzz(func(t *testing.T, json bool, p []byte) {
		e := Binary
		if json {
			e = JSON
		}
		mine := bytes.Clone(p)
		frame, err := e.Decode(mine)
		if err != nil {
			return
		}
		clear(mine)
		again, err := e.Decode(encodeClient(t, e, frame))
		if err != nil {
			t.Fatalf("%v cannot be read again: %v", frame, err)
		}
		if diff := cmp.Diff(frame, again, protocmp.Transform(), cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func clientFrames() []*outcryv1.ClientFrame {
	return []*outcryv1.ClientFrame{
		{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: "ann"}}},
		{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Subscriptions: []*outcryv1.Subscription{
			{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: "r"}, AfterSeq: proto.Uint64(3)}}}}},
		{Frame: &outcryv1.ClientFrame_Command{Command: &outcryv1.Command{Room: "r", ClientMsgId: make([]byte, 16)}}},
		{},
	}
}

func encodeClient(t *testing.T, e Encoding, f *outcryv1.ClientFrame) (p []byte) {
	t.Helper()
	var err error
	if e == JSON {
		p, err = protojson.Marshal(f)
	} else {
		p, err = proto.Marshal(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzDecodeSubscribe holds what reads a Subscribe against the generated code.
func FuzzDecodeSubscribe(f *testing.F) {
	for _, frame := range clientFrames() {
		p, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	f.Add([]byte{0x12, 4, 0x12, 2, 0x0a, 0})    // an empty topic
	f.Add([]byte{0x12, 4, 0x12, 2, 0x08, 1})    // a topic of another kind
	f.Add([]byte{0x12, 2, 0x12, 0, 0x12, 0})    // two in one frame
	f.Add([]byte{0x12, 5, 0x08, 1, 0x08, 2, 7}) // cut off
	f.Fuzz(func(t *testing.T, p []byte) {
		got, ok := decodeSubscribe(p)
		if !ok {
			return
		}
		want := &outcryv1.ClientFrame{}
		if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(p, want); err != nil {
			t.Fatalf("read as %v: %v", got, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform(), cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Breaks for users: most Subscribes would be read the slow way, unnoticed.
func TestSubscribesAreReadInOnePiece(t *testing.T) {
	for _, frame := range clientFrames() {
		p, err := proto.Marshal(frame)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := decodeSubscribe(p)
		if ok != (frame.GetSubscribe() != nil) || ok && !proto.Equal(got, frame) {
			t.Errorf("%v: %v, %v", frame, got, ok)
		}
	}
}

// A client of a later version sends what is not known here; that must not cost it its session.
func TestUnknownFieldsOfAClientAreIgnored(t *testing.T) {
	for e, p := range map[Encoding][]byte{Binary: {0xfa, 0x7f, 1, 'x'}, JSON: []byte(`{"later":{"a":[1]}}`)} {
		frame, err := e.Decode(p)
		if err != nil || frame.GetFrame() != nil {
			t.Errorf("encoding %d: %v, %v", e, frame, err)
		}
	}
}
