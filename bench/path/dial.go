package path

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"outcry/bench/socket"
	outcryv1 "outcry/proto/outcry/v1"
)

// DialWatch connects to a server's address (host:port), says hello and
// subscribes; it returns when every topic is granted.
func DialWatch(address string, ids []string, perSecond float64) (*Watch, error) {
	conn, err := socket.Dial(socket.Options{Address: address, Path: "/ws", Subprotocol: "outcry.v1.proto"})
	if err != nil {
		return nil, err
	}
	w := &Watch{conn: conn}
	if err := w.begin(ids, perSecond); err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

func (w *Watch) begin(ids []string, perSecond float64) error {
	hello := &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}
	subscribe := &outcryv1.Subscribe{Request: 1}
	for _, id := range ids {
		subscribe.Subscriptions = append(subscribe.Subscriptions, &outcryv1.Subscription{
			Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}, MaxPerSecond: perSecond})
	}
	for _, f := range []*outcryv1.ClientFrame{hello, {Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: subscribe}}} {
		b, err := proto.Marshal(f)
		if err == nil {
			err = w.conn.Send(b)
		}
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
	}
	if err := w.granted(len(ids)); err != nil {
		return err
	}
	return w.conn.Started()
}

// granted reads until the subscription is answered.
func (w *Watch) granted(topics int) error {
	for {
		message, err := w.conn.Message()
		if err != nil {
			return fmt.Errorf("waiting for the subscriptions: %w", err)
		}
		var all outcryv1.ServerFrames
		if err := proto.Unmarshal(message, &all); err != nil {
			return fmt.Errorf("reading a message: %w", err)
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
