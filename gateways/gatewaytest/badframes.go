package gatewaytest

import (
	"math"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// bad is one frame that must be refused.
type bad struct {
	what  string
	frame *outcryv1.ClientFrame // or
	raw   []byte
	codes []outcryv1.ErrorCode // one of them is the answer
	fresh bool                 // on a connection that has not said hello
	ends  bool                 // the connection, with the code
}

const (
	malformed    = outcryv1.ErrorCode_ERROR_CODE_MALFORMED
	invalidCode  = outcryv1.ErrorCode_ERROR_CODE_INVALID
	unknownRoom  = outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM
	tooLargeCode = outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE
)

// frameBytes is the default of a message's bound.
const frameBytes = 64 << 10

// draw makes bad frames at random.
type draw struct{ *rand.Rand }

func (d *draw) next() bad {
	k := kinds[d.IntN(len(kinds))]
	b := k.make(d)
	b.what = k.what
	return b
}

// kinds of bad frames. Those that are no frame are none in any encoding.
var kinds = []struct {
	what string
	make func(*draw) bad
}{
	{"random bytes", func(d *draw) bad { return bad{raw: append([]byte{0xff}, d.bytes(200)...), codes: codes(malformed)} }}, // there is no wire type 7
	{"a frame that is cut off", (*draw).cutOff},
	{"JSON that is cut off", func(d *draw) bad {
		text := `{"subscribe":{"request":7,"subscriptions":[{"topic":{"channel":"CHANNEL_QUOTE","id":"A"}}]}}`
		return bad{raw: []byte(text[:1+d.IntN(len(text)-1)]), codes: codes(malformed)}
	}},
	{"a field that is longer than its frame", func(d *draw) bad {
		return bad{raw: []byte{byte(1+d.IntN(9))<<3 | 2, 0xff, 0xff, 0xff, 0xff, byte(d.IntN(8))}, codes: codes(malformed)}
	}},
	{"a frame that is too large", func(d *draw) bad {
		return bad{raw: append([]byte(`{"`), strings.Repeat("x", frameBytes+d.IntN(frameBytes))...), codes: codes(tooLargeCode), ends: true}
	}},
	{"a frame before hello", func(d *draw) bad { return bad{frame: d.good(), codes: codes(invalidCode), fresh: true} }},
	{"hello for the second time", func(d *draw) bad { return bad{frame: hello(1, d.word()), codes: codes(invalidCode)} }},
	{"hello of another age", func(*draw) bad {
		return bad{frame: hello(0, ""), codes: codes(outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION), fresh: true, ends: true}
	}},
	{"hello with a name that is none", func(d *draw) bad {
		return bad{frame: hello(1, d.noID()), codes: codes(invalidCode), fresh: true, ends: true}
	}},
	{"hello with a token that is none", func(d *draw) bad {
		f := hello(1, "")
		f.GetHello().Token = d.word()
		return bad{frame: f, codes: codes(unauthenticated), fresh: true, ends: true}
	}},
	{"a resume token that is none", func(d *draw) bad {
		f := hello(1, "")
		f.GetHello().Resume = &outcryv1.Resume{Token: d.bytes(300), Cursors: []*outcryv1.Complete{{Topic: talk(d.noID()), Seq: math.MaxUint64}}}
		return bad{frame: f, codes: codes(invalidCode, unauthenticated), fresh: true}
	}},
	{"topics that are none", (*draw).badTopics},
	{"leaving what was never joined", func(d *draw) bad {
		return bad{frame: &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Unsubscribe{Unsubscribe: &outcryv1.Unsubscribe{
			Request: d.Uint32(), Topics: []*outcryv1.Topic{quotes("B" + d.word()), talk(d.noID()), nil}}}}, codes: codes(invalidCode)}
	}},
	{"an ack beyond the end", func(d *draw) bad {
		return bad{frame: ackOf(talk("pit"), 1<<40+d.Uint64N(1<<40)), codes: codes(invalidCode)}
	}},
	{"an ack of no topic", func(d *draw) bad { return bad{frame: ackOf(talk(d.noID()), d.Uint64()), codes: codes(invalidCode)} }},
	{"signing in with a token that is none", func(d *draw) bad {
		return bad{frame: &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_SignIn{SignIn: &outcryv1.SignIn{Request: d.Uint32(), Token: d.word()}}}, codes: codes(unauthenticated, outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED)}
	}},
	{"a command with an id that is none", (*draw).badCommand},
	{"a command to a room that is not joined", func(d *draw) bad {
		c := post(d.word(), "x", int(d.Uint32N(1<<20)))
		return bad{frame: commandOf(c), codes: codes(unknownRoom, outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER)}
	}},
	{"history that there is not", (*draw).badHistory},
}

func codes(all ...outcryv1.ErrorCode) []outcryv1.ErrorCode { return all }

// cutOff is a good frame without its end.
func (d *draw) cutOff() bad {
	p, err := proto.Marshal(d.good())
	if err != nil {
		panic("gatewaytest: " + err.Error())
	}
	return bad{raw: p[:1+d.IntN(len(p)-1)], codes: codes(malformed)}
}

func (d *draw) badTopics() bad {
	sub := &outcryv1.Subscribe{Request: d.Uint32()}
	for range 1 + d.IntN(5) {
		sub.Subscriptions = append(sub.Subscriptions, [...]*outcryv1.Subscription{
			to(quotes("NO" + d.word())), to(talk("no" + d.word())), to(quotes(d.noID())), to(talk(d.noID())), to(nil),
			to(&outcryv1.Topic{Channel: outcryv1.Channel(20 + d.IntN(1000)), Id: "A"}),
			to(bars(outcryv1.Channel_CHANNEL_BAR, "A", outcryv1.Resolution(50+d.IntN(50)))),
			{Topic: quotes("B"), MaxPerSecond: [...]float64{-1, math.NaN(), math.Inf(1), math.Inf(-1)}[d.IntN(4)]},
			{Topic: talk("elsewhere"), Recent: 101 + d.Uint32N(1<<20)},
			{Topic: talk("elsewhere"), UnackedMax: 10_001 + d.Uint32N(1<<20)},
		}[d.IntN(10)])
	}
	return bad{frame: &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: sub}},
		codes: codes(invalidCode, unknownRoom, outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT)}
}

func (d *draw) badCommand() bad {
	c := post("pit", "x", 0)
	c.ClientMsgId = d.bytes(40)
	if len(c.ClientMsgId) == 16 {
		c.ClientMsgId[6] = 0 // no version 7
	}
	return bad{frame: commandOf(c), codes: codes(invalidCode)}
}

func (d *draw) badHistory() bad {
	q := [...]*outcryv1.HistoryRequest{
		{Room: "pit", BeforeSeq: 1 + d.Uint64N(9), AfterSeq: 1}, {Room: "pit", Limit: 101 + d.Uint32N(1<<20)},
		{Room: d.noID()}, {Room: "no" + d.word()},
	}[d.IntN(4)]
	q.Request = d.Uint32()
	return bad{frame: &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_History{History: q}}, codes: codes(invalidCode, unknownRoom)}
}

// good is a frame that would be granted after hello.
func (d *draw) good() *outcryv1.ClientFrame {
	switch d.IntN(4) {
	case 0:
		return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: 1 + d.Uint32(), Subscriptions: []*outcryv1.Subscription{to(quotes("A"))}}}}
	case 1:
		return commandOf(join("pit", 1+int(d.Uint32N(1<<20))))
	case 2:
		return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ping{Ping: &outcryv1.Ping{ClientTimeNs: 1 + d.Int64N(math.MaxInt64)}}}
	}
	return ackOf(talk("pit"), 1)
}

func ackOf(t *outcryv1.Topic, seq uint64) *outcryv1.ClientFrame {
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Ack{Ack: &outcryv1.Ack{Topic: t, Seq: seq}}}
}

func commandOf(c *outcryv1.Command) *outcryv1.ClientFrame {
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Command{Command: c}}
}

// bytes are at most so many, and any.
func (d *draw) bytes(most int) []byte {
	p := make([]byte, d.IntN(most+1))
	for i := range p {
		p[i] = byte(d.Uint32())
	}
	return p
}

// word is something that could be a name.
func (d *draw) word() string {
	p := []byte("x")
	for range d.IntN(30) {
		p = append(p, byte('a'+d.IntN(26)))
	}
	return string(p)
}

// noID is text that names nothing.
func (d *draw) noID() string {
	return [...]string{" ", "a b", "a/b/c", "\x00", "é", strings.Repeat("n", 129+d.IntN(500)), "a\n" + d.word()}[d.IntN(7)]
}
