package wire

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Encoding is one of the two ways in which frames are written.
type Encoding uint8

const (
	// Binary is protobuf.
	Binary Encoding = iota
	// JSON is protobuf JSON: 64-bit integers are decimal strings, bytes base64.
	JSON
	// Encodings counts them.
	Encodings = 2
)

// Open begins a ServerFrames message after dst.
func (e Encoding) Open(dst []byte) []byte {
	if e == JSON {
		return append(dst, `{"frames":[`...)
	}
	return dst
}

// Close ends the message that Open began. At least one frame stands in it.
func (e Encoding) Close(dst []byte) []byte {
	if e == JSON {
		return append(dst[:len(dst)-1], "]}"...) // over the last comma
	}
	return dst
}

// Frame appends one frame that nobody shares.
func (e Encoding) Frame(dst []byte, f *outcryv1.ServerFrame) []byte {
	if e == JSON {
		return append(appendJSON(dst, f), ',')
	}
	return appendMessage(dst, framesField, f)
}

// Decode reads one client frame. Fields that are not known are ignored; a
// frame of a kind that is not known has none set. The bytes are not kept.
func (e Encoding) Decode(p []byte) (*outcryv1.ClientFrame, error) {
	if e == Binary {
		if f, ok := decodeSubscribe(p); ok {
			return f, nil
		}
	}
	f := new(outcryv1.ClientFrame)
	var err error
	if e == JSON {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(p, f)
	} else {
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(p, f)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a client frame: %w", err)
	}
	return f, nil
}

func appendMessage(dst []byte, field protowire.Number, m proto.Message) []byte {
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(proto.Size(m)))
	dst, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(dst, m)
	if err != nil {
		panic(fmt.Sprintf("wire: marshalling our own %T: %v", m, err))
	}
	return dst
}

func appendJSON(dst []byte, m proto.Message) []byte {
	dst, err := protojson.MarshalOptions{}.MarshalAppend(dst, m)
	if err != nil {
		panic(fmt.Sprintf("wire: marshalling our own %T: %v", m, err))
	}
	return dst
}
