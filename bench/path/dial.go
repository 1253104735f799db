package path

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// DialWatch connects to a server's address (host:port), says hello and
// subscribes; it returns when every topic is granted.
func DialWatch(address string, ids []string, perSecond float64) (*Watch, error) {
	conn, err := net.DialTimeout("tcp", address, greetWithin)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	w := &Watch{conn: conn, r: bufio.NewReaderSize(conn, watchBuffer)}
	if err := w.begin(address, ids, perSecond); err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

func (w *Watch) begin(address string, ids []string, perSecond float64) error {
	if err := w.conn.SetDeadline(time.Now().Add(greetWithin)); err != nil {
		return err
	}
	if err := w.upgrade(address); err != nil {
		return err
	}
	hello := &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}
	subscribe := &outcryv1.Subscribe{Request: 1}
	for _, id := range ids {
		subscribe.Subscriptions = append(subscribe.Subscriptions, &outcryv1.Subscription{
			Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}, MaxPerSecond: perSecond})
	}
	for _, f := range []*outcryv1.ClientFrame{hello, {Frame: &outcryv1.ClientFrame_Subscribe{Subscribe: subscribe}}} {
		b, err := proto.Marshal(f)
		if err == nil {
			err = w.send(opBinary, b)
		}
		if err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
	}
	if err := w.granted(len(ids)); err != nil {
		return err
	}
	return w.conn.SetDeadline(time.Time{})
}

func (w *Watch) upgrade(address string) error {
	request := "GET /ws HTTP/1.1\r\nHost: " + address + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: b3V0Y3J5LWJlbmNoLXBhdA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: outcry.v1.proto\r\n\r\n"
	if _, err := io.WriteString(w.conn, request); err != nil {
		return fmt.Errorf("upgrading: %w", err)
	}
	for first := true; ; first = false {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("upgrading: %w", err)
		}
		if first && !strings.HasPrefix(line, "HTTP/1.1 101") {
			return fmt.Errorf("upgrading: %w: %s", errRefused, strings.TrimSpace(line))
		}
		if line == "\r\n" {
			return nil
		}
	}
}

// granted reads until the subscription is answered.
func (w *Watch) granted(topics int) error {
	for {
		message, err := w.message()
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
