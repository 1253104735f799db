package raw

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

const max = 1 << 20

// Producers nest what they send; a mapping must reach it, and every digit must arrive.
func TestJSONBecomesFieldsWithAllTheirDigits(t *testing.T) {
	r := stage.Row{}
	text := `{"s":"BTC","data":{"p":"1.10","q":12345678901234567890.123456789,"ok":true,"none":null},"bids":[["1","2"],["3","4"]],"e":"","_offset":"forged"}`
	if _, err := Decode(JSON, []byte(text), max, r); err != nil {
		t.Fatal(err)
	}
	want := stage.Row{"s": "BTC", "data.p": "1.10", "data.q": "12345678901234567890.123456789", "data.ok": "true",
		"bids.0.0": "1", "bids.0.1": "2", "bids.1.0": "3", "bids.1.1": "4", "e": ""}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
}

// Whoever looks at the poison topic needs the reason, not a guess.
func TestBytesThatAreNoMessageSayWhy(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20)
	wide := `{"a":[` + strings.Repeat("1,", 1000) + `1]}`
	for text, says := range map[string]string{
		"":                         "the message is empty",
		"{":                        "ends too early",
		"nonsense":                 "invalid character",
		`{"price":NaN}`:            "invalid character 'N'",
		`{"price":1e}`:             "invalid character",
		`[1]`:                      "not an object",
		`null`:                     "not an object",
		`{"a":1}{"a":2}`:           "something stands after the object",
		"{\"a\":\"\xff\"}":         "not valid UTF-8",
		deep:                       "inside each other",
		wide:                       "more than 256 fields",
		strings.Repeat(" ", max+1): "at most 1048576 are taken",
	} {
		_, err := Decode(JSON, []byte(text), max, stage.Row{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	for text, says := range map[string]string{"\x0a\xff": "reading protobuf", "\x10\x01": "neither a quote"} {
		if _, err := Decode(Protobuf, []byte(text), max, stage.Row{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A producer with our .proto must not lose a field on the way.
func TestProtobufBecomesFields(t *testing.T) {
	price, size := int64(-150), int64(2)
	for _, c := range []struct {
		ev    *outcryv1.IngestEvent
		want  stage.Row
		whole bool
	}{
		{&outcryv1.IngestEvent{Id: "A", Event: &outcryv1.IngestEvent_Quote{Quote: &outcryv1.Quote{SourceSeq: 7, EventTimeNs: 8, ReceiveTimeNs: 9, BidPrice: &price, AskSize: &size, Venue: "V"}}},
			stage.Row{"instrument": "A", "source_seq": "7", "time": "8", "receive_time": "9", "bid_price": "-150", "ask_size": "2", "venue": "V"}, false},
		{&outcryv1.IngestEvent{Id: "A", Event: &outcryv1.IngestEvent_Trade{Trade: &outcryv1.Trade{EventTimeNs: 8, Price: 1, Size: 2, Side: outcryv1.Side_SIDE_SELL, TradeId: "x", Conditions: "c"}}},
			stage.Row{"instrument": "A", "time": "8", "price": "1", "size": "2", "side": "sell", "trade_id": "x", "conditions": "c"}, false},
		{&outcryv1.IngestEvent{Id: "A", Event: &outcryv1.IngestEvent_Tape{Tape: &outcryv1.TapeEvent{SourceSeq: 3, Event: &outcryv1.TapeEvent_Status{}}}},
			stage.Row{"instrument": "A", "source_seq": "3"}, true},
		{&outcryv1.IngestEvent{Id: "R", Event: &outcryv1.IngestEvent_Room{Room: &outcryv1.RoomInput{User: "u", Input: &outcryv1.RoomInput_Imported{Imported: &outcryv1.Imported{Text: &outcryv1.Text{Data: []byte("hi")}}}}}},
			stage.Row{"room": "R", "user": "u", "text": "hi"}, true},
	} {
		text, err := proto.Marshal(c.ev)
		if err != nil {
			t.Fatal(err)
		}
		r := stage.Row{}
		whole, err := Decode(Protobuf, text, max, r)
		if d := cmp.Diff(c.want, r); d != "" || err != nil || (whole != nil) != c.whole {
			t.Errorf("%v: %v, whole %v\n%s", c.ev, err, whole, d)
		}
	}
	post := &outcryv1.IngestEvent{Id: "R", Event: &outcryv1.IngestEvent_Room{Room: &outcryv1.RoomInput{User: "u", Input: &outcryv1.RoomInput_Post{}}}}
	text, err := proto.Marshal(post)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(Protobuf, text, max, stage.Row{}); err == nil {
		t.Error("a post in somebody's name came in by the back door")
	}
}

// Stages may use what stands around a message, and bytes that are no text must not get into a row.
func TestWhatStandsAroundAMessageIsFields(t *testing.T) {
	b := &Batch{Topic: "outcry.raw.a", Partition: 3}
	m := &Message{Offset: 12, Key: []byte("k"), Time: time.Unix(0, 5), Headers: []Header{{"h", []byte("1")}, {"bad", []byte{0xff}}, {"h", []byte("2")}}}
	r := stage.Row{}
	AddEnvelope(b, m, r)
	if d := cmp.Diff(stage.Row{"_topic": "outcry.raw.a", "_partition": "3", "_offset": "12", "_time": "5", "_key": "k", "_header.h": "2"}, r); d != "" {
		t.Error(d)
	}
	if m.Header("h") != "2" || m.Header("none") != "" {
		t.Error(m.Header("h"))
	}
}

// Bytes from outside give errors, never a panic, nor rows without bound or of bytes that are no text.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"x",true,null]}}`), true)
	f.Add([]byte(`{"price":NaN}`), true)
	f.Add([]byte("\x0a\x01A\x22\x04\x08\x01\x10\x02"), false)
	f.Fuzz(func(t *testing.T, value []byte, json bool) {
		format := Protobuf
		if json {
			format = JSON
		}
		r := stage.Row{}
		_, err := Decode(format, value, 1<<16, r)
		if err == nil && len(r) > fieldsMax {
			t.Fatalf("%d fields", len(r))
		}
		for k, v := range r {
			if err == nil && json && (!utf8.ValidString(k) || !utf8.ValidString(v)) {
				t.Fatalf("%q: %q", k, v)
			}
		}
	})
}
