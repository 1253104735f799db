package gatewaytest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
)

// wsClient is a stock WebSocket client of somebody else's, with one subprotocol.
type wsClient struct {
	conn    *websocket.Conn
	json    bool
	waiting []*outcryv1.ServerFrame // of the message that was read last
}

// overWebSocket serves and speaks a subprotocol.
func overWebSocket(subprotocol string) way {
	return way{
		spoken: spokenWebSocket(subprotocol, ""),
		serve:  func(pumps *pump.Pumps) http.Handler { return ws.NewServer(ws.Config{Pumps: pumps}) },
		dial: func(t *testing.T, address string) gatewaytest.Client {
			return dialWebSocket(t, "ws://"+address, subprotocol)
		},
	}
}

// overWebSocketDeflate compresses both ways.
func overWebSocketDeflate() way {
	return way{
		spoken: spokenWebSocket(jsonProtocol, "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
		serve:  func(pumps *pump.Pumps) http.Handler { return ws.NewServer(ws.Config{Pumps: pumps, Compress: true}) },
		dial: func(t *testing.T, address string) gatewaytest.Client {
			return dialWebSocket(t, "ws://"+address, jsonProtocol)
		},
	}
}

func overWebSocketTLS() way {
	w := overWebSocket(binaryProtocol)
	w.tls = true
	w.dial = func(t *testing.T, address string) gatewaytest.Client {
		return dialWebSocket(t, "wss://"+address, binaryProtocol)
	}
	return w
}

func dialWebSocket(t *testing.T, url, subprotocol string) *wsClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{subprotocol},
		CompressionMode: websocket.CompressionNoContextTakeover, // where the server wants it
		HTTPClient:      &http.Client{Transport: &http.Transport{TLSClientConfig: unchecked()}}})
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	if conn.Subprotocol() != subprotocol {
		t.Fatalf("the server chose %q", conn.Subprotocol())
	}
	conn.SetReadLimit(1 << 20)
	c := &wsClient{conn: conn, json: subprotocol == jsonProtocol}
	t.Cleanup(c.Cut)
	return c
}

func (c *wsClient) kind() websocket.MessageType {
	if c.json {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// Send is gatewaytest.Client's.
func (c *wsClient) Send(f *outcryv1.ClientFrame) error {
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
func (c *wsClient) SendRaw(p []byte) error {
	if c.json {
		p = []byte(strings.ToValidUTF8(string(p), "?")) // WebSocket's own rule for text
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.conn.Write(ctx, c.kind(), p)
}

// Receive is gatewaytest.Client's.
func (c *wsClient) Receive(ctx context.Context) (*outcryv1.ServerFrame, error) {
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

func (c *wsClient) frames(p []byte) ([]*outcryv1.ServerFrame, error) {
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
func (c *wsClient) Cut() { _ = c.conn.CloseNow() } // it may be closed already

// Code is gatewaytest.Client's.
func (c *wsClient) Code(err error) outcryv1.ErrorCode {
	switch code := websocket.CloseStatus(err); {
	case code == websocket.StatusMessageTooBig:
		return outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE
	case code >= 4000:
		return outcryv1.ErrorCode(code - 4000)
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
}
