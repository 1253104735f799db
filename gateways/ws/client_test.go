package ws_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/pump"
	"outcry/gateways/ws"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	binaryProtocol = "outcry.v1.proto"
	jsonProtocol   = "outcry.v1.json"
	patience       = 20 * time.Second
)

// client is a stock WebSocket client of somebody else's, with one subprotocol.
type client struct {
	conn    *websocket.Conn
	json    bool
	waiting []*outcryv1.ServerFrame // of the message that was read last
}

func dial(t *testing.T, url, subprotocol string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	if conn.Subprotocol() != subprotocol {
		t.Fatalf("the server chose %q", conn.Subprotocol())
	}
	conn.SetReadLimit(1 << 20)
	c := &client{conn: conn, json: subprotocol == jsonProtocol}
	t.Cleanup(c.Cut)
	return c
}

func (c *client) kind() websocket.MessageType {
	if c.json {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// Send is gatewaytest.Client's.
func (c *client) Send(f *outcryv1.ClientFrame) error {
	marshal := proto.Marshal
	if c.json {
		marshal = protojson.Marshal
	}
	p, err := marshal(f)
	if err != nil {
		return err
	}
	return c.SendRaw(p)
}

// SendRaw is gatewaytest.Client's.
func (c *client) SendRaw(p []byte) error {
	if c.json {
		p = []byte(strings.ToValidUTF8(string(p), "?")) // WebSocket's own rule for text
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.conn.Write(ctx, c.kind(), p)
}

// Receive is gatewaytest.Client's.
func (c *client) Receive(ctx context.Context) (*outcryv1.ServerFrame, error) {
	for len(c.waiting) == 0 {
		kind, p, err := c.conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		if kind != c.kind() {
			return nil, fmt.Errorf("a message of type %v came", kind)
		}
		if c.waiting, err = c.frames(p); err != nil {
			return nil, err
		}
	}
	f := c.waiting[0]
	c.waiting = c.waiting[1:]
	return f, nil
}

func (c *client) frames(p []byte) ([]*outcryv1.ServerFrame, error) {
	unmarshal := proto.Unmarshal
	if c.json {
		unmarshal = protojson.Unmarshal
	}
	m := &outcryv1.ServerFrames{}
	if err := unmarshal(p, m); err != nil {
		return nil, fmt.Errorf("reading a message of the server: %w", err)
	}
	if len(m.Frames) == 0 {
		return nil, fmt.Errorf("a message without frames: %q", p)
	}
	return m.Frames, nil
}

// Cut is gatewaytest.Client's.
func (c *client) Cut() { _ = c.conn.CloseNow() } // it may be closed already

// serve puts a server on a port and gives its URL. It ends with the test, after the clients.
func serve(t *testing.T, pumps *pump.Pumps, frameBytes int) (url string) {
	s := ws.NewServer(ws.Config{Pumps: pumps, FrameBytes: frameBytes})
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return "ws" + strings.TrimPrefix(h.URL, "http")
}

func transport(subprotocol string) gatewaytest.Transport {
	return func(t *testing.T, pumps *pump.Pumps) gatewaytest.Dial {
		url := serve(t, pumps, 0)
		return func(t *testing.T) gatewaytest.Client { return dial(t, url, subprotocol) }
	}
}
