package path

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"outcry/bench/socket"
	outcryv1 "outcry/proto/outcry/v1"
)

// DialWatch connects to a server's address (host:port), says hello and
// subscribes to quotes; it returns when every topic is granted.
func DialWatch(address string, ids []string, perSecond float64) (*Watch, error) {
	var subs []*outcryv1.Subscription
	for _, id := range ids {
		subs = append(subs, &outcryv1.Subscription{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}, MaxPerSecond: perSecond})
	}
	conn, err := Dial(socket.Options{Address: address}, "", subs, nil)
	if err != nil {
		return nil, err
	}
	return &Watch{conn: conn}, nil
}

// Dial connects, says hello as a user and subscribes; it returns when every
// topic is granted. All messages up to then are shown to first, unless it is nil.
func Dial(o socket.Options, user string, subs []*outcryv1.Subscription, first func(*outcryv1.ServerFrames)) (*socket.Conn, error) {
	o.Path, o.Subprotocol = "/ws", "outcry.v1.proto"
	conn, err := socket.Dial(o)
	if err != nil {
		return nil, err
	}
	if err := begin(conn, user, subs, first); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func begin(conn *socket.Conn, user string, subs []*outcryv1.Subscription, first func(*outcryv1.ServerFrames)) error {
	hello := &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: user}}}
	subscribe := &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: &outcryv1.Subscribe{Request: 1, Subscriptions: subs}}}
	for _, f := range []*outcryv1.ClientFrame{hello, subscribe} {
		b, err := proto.Marshal(f)
		if err == nil {
			err = conn.Send(b)
		}
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
	}
	if err := granted(conn, len(subs), first); err != nil {
		return err
	}
	return conn.Started()
}

// granted reads until the subscription is answered.
func granted(conn *socket.Conn, topics int, first func(*outcryv1.ServerFrames)) error {
	for {
		message, err := conn.Message()
		if err != nil {
			return fmt.Errorf("waiting for the subscriptions: %w", err)
		}
		var all outcryv1.ServerFrames
		if err := proto.Unmarshal(message, &all); err != nil {
			return fmt.Errorf("reading a message: %w", err)
		}
		if first != nil {
			first(&all)
		}
		for _, f := range all.Frames {
			switch f := f.Frame.(type) {
			case *outcryv1.ServerFrame_Error:
				return fmt.Errorf("%w: %s", errRefused, f.Error.GetText())
			case *outcryv1.ServerFrame_Subscribed:
				return grants(f.Subscribed, topics)
			}
		}
	}
}

func grants(a *outcryv1.SubscribeAnswer, topics int) error {
	if len(a.Answers) != topics {
		return fmt.Errorf("%d of %d topics are answered", len(a.Answers), topics)
	}
	for _, one := range a.Answers {
		if one.Error != nil {
			return fmt.Errorf("%w %s: %s", errRefused, one.Topic.GetId(), one.Error.GetText())
		}
	}
	return nil
}
