package wire

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Numbers of the fields that are written by hand around messages.
const (
	framesField   = 1 // ServerFrames.frames
	updateField   = 3 // ServerFrame.update
	mergedField   = 8 // Update.merged
	itemsField    = 4 // ServerFrame.items
	topicField    = 1 // Items.topic
	itemField     = 2 // Items.items
	snapshotField = 3
	completeField = 4
	seqField      = 1 // Item.seq
	prevField     = 2
)

// Body is the part of an Item that all sessions share: its field with a
// *outcryv1.Message, *outcryv1.Bar or *outcryv1.Trade.
func (e Encoding) Body(dst []byte, m proto.Message) []byte {
	name, field := "message", protowire.Number(3)
	switch m.(type) {
	case *outcryv1.Message:
	case *outcryv1.Bar:
		name, field = "bar", 4
	case *outcryv1.Trade:
		name, field = "trade", 5
	default:
		panic(fmt.Sprintf("wire: %T is no item", m))
	}
	if e == JSON {
		dst = append(append(append(dst, '"'), name...), `":`...)
		return appendJSON(dst, m)
	}
	return appendMessage(dst, field, m)
}

// TopicPart is the field of Items that says which stream it is; a session
// encodes it once for a subscription.
func (e Encoding) TopicPart(t *outcryv1.Topic) []byte {
	if e == JSON {
		return appendJSON([]byte(`"topic":`), t)
	}
	return appendMessage(nil, topicField, t)
}

// Mark is where an Items frame began.
type Mark struct{ frame, items int }

// OpenItems begins an Items frame of a topic.
func (e Encoding) OpenItems(dst, topicPart []byte, snapshot bool) (out []byte, m Mark) {
	if e == JSON {
		dst = append(append(dst, `{"items":{`...), topicPart...)
		if snapshot {
			dst = append(dst, `,"snapshot":true`...)
		}
		return append(dst, `,"items":[`...), m
	}
	dst, m.frame = open(dst, framesField)
	dst, m.items = open(dst, itemsField)
	return putBool(append(dst, topicPart...), snapshotField, snapshot), m
}

// Item appends one item to an Items frame that is open.
func (e Encoding) Item(dst []byte, seq, prev uint64, body []byte) []byte {
	if e == JSON {
		dst = strconv.AppendUint(append(dst, `{"seq":"`...), seq, 10)
		dst = strconv.AppendUint(append(dst, `","prevSeq":"`...), prev, 10)
		return append(append(append(dst, `",`...), body...), "},"...)
	}
	dst, at := open(dst, itemField)
	dst = putUint(putUint(dst, seqField, seq), prevField, prev)
	return seal(append(dst, body...), at)
}

// CloseItems ends the frame that OpenItems began.
func (e Encoding) CloseItems(dst []byte, m Mark, completeTo uint64) []byte {
	if e == JSON {
		if dst[len(dst)-1] == ',' {
			dst = dst[:len(dst)-1]
		}
		dst = strconv.AppendUint(append(dst, `],"completeTo":"`...), completeTo, 10)
		return append(dst, `"}},`...)
	}
	return seal(seal(putUint(dst, completeField, completeTo), m.items), m.frame)
}
