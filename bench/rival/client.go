package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/centrifugal/protocol"
	"google.golang.org/protobuf/encoding/protowire"

	"outcry/bench/crowd"
	"outcry/bench/load"
	"outcry/bench/path"
	"outcry/bench/socket"
)

func (s *settings) clients() error {
	ids := load.New(s.instruments, 0).IDs()
	return crowd.Serve(os.Stdin, os.Stdout, s.sessions, func(i int) (crowd.Follower, error) {
		var channels []string
		if s.subscriptions > 0 {
			for _, n := range load.Some(len(ids), s.subscriptions, s.watch == "zipf", s.seed+uint64(i)) {
				channels = append(channels, ids[n])
			}
		}
		return dial(s.address, channels)
	})
}

// follower counts publications without making messages of them.
type follower struct {
	*socket.Conn
	counts path.Counts
}

// Tally is crowd.Follower's.
func (f *follower) Tally() *path.Counts { return &f.counts }

func dial(address string, channels []string) (*follower, error) {
	options := socket.Options{Address: address, Path: "/connection/websocket", Subprotocol: "centrifuge-protobuf"}
	if len(channels) == 0 {
		options.ReadBuffer = 1 << 10
	}
	conn, err := socket.Dial(options)
	if err != nil {
		return nil, err
	}
	f := &follower{Conn: conn}
	err = f.ask(&protocol.Command{Id: 1, Connect: &protocol.ConnectRequest{}})
	if err == nil && len(channels) > 0 {
		var all []*protocol.Command
		for i, c := range channels {
			all = append(all, &protocol.Command{Id: uint32(2 + i), Subscribe: &protocol.SubscribeRequest{Channel: c}})
		}
		err = f.ask(all...)
	}
	if err == nil {
		err = conn.Started()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.Slim()
	return f, nil
}

// ask sends commands and waits for as many replies.
func (f *follower) ask(commands ...*protocol.Command) error {
	encoder := protocol.NewProtobufCommandEncoder()
	var frame []byte
	for _, c := range commands {
		b, err := encoder.Encode(c)
		if err != nil {
			return fmt.Errorf("encoding a command: %w", err)
		}
		frame = append(frame, b...)
	}
	if err := f.Send(frame); err != nil {
		return err
	}
	for left := len(commands); left > 0; {
		message, err := f.Message()
		if err != nil {
			return err
		}
		err = eachReply(message, func(reply []byte) error {
			var r protocol.Reply
			if err := r.UnmarshalCF(reply); err != nil {
				return err
			}
			if r.Error != nil {
				return fmt.Errorf("%w: %s", socket.ErrRefused, r.Error.Message)
			}
			if r.Id > 0 {
				left--
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Fields of the protocol's messages.
const (
	replyPush = 4
	pushPub   = 4
	pubData   = 4
)

// Read takes one message and counts it; an empty reply is a ping.
func (f *follower) Read() error {
	message, err := f.Message()
	if err != nil {
		return err
	}
	f.counts.Messages++
	f.counts.Bytes += uint64(len(message))
	now := time.Now().UnixNano()
	return eachReply(message, func(reply []byte) error {
		if len(reply) == 0 {
			return f.Send([]byte{0})
		}
		return within(reply, replyPush, func(push []byte) error {
			return within(push, pushPub, func(pub []byte) error {
				return within(pub, pubData, func(data []byte) error {
					f.counts.Updates++
					f.counts.Spread.Add(time.Duration(now - path.EventTime(data)))
					return nil
				})
			})
		})
	})
}

func within(b []byte, field protowire.Number, do func([]byte) error) error {
	return path.EachField(b, func(n protowire.Number, value []byte) error {
		if n != field {
			return nil
		}
		return do(value)
	})
}

var errLength = errors.New("a reply whose length is not right")

// eachReply gives the replies of a message: each has its length before it.
func eachReply(b []byte, do func([]byte) error) error {
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return errLength
		}
		if err := do(b[n : n+int(size)]); err != nil {
			return err
		}
		b = b[n+int(size):]
	}
	return nil
}
