package gatewaytest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// connectClient is the Connect library's own client, with JSON.
type connectClient struct {
	stream  *connect.BidiStreamForClient[sent, outcryv1.ServerFrames]
	cut     func()
	waiting []*outcryv1.ServerFrame // of the message that was read last
}

// sent is a message as it goes out.
type sent struct{ bytes []byte }

// jsonAsItIs is protobuf JSON, and lets a test send bytes that are none.
type jsonAsItIs struct{}

func (jsonAsItIs) Name() string { return "json" }

func (jsonAsItIs) Marshal(v any) ([]byte, error) { return v.(*sent).bytes, nil }

func (jsonAsItIs) Unmarshal(p []byte, v any) error { return protojson.Unmarshal(p, v.(proto.Message)) }

// overConnect speaks Connect's own protocol to the same handler.
func overConnect() way {
	return way{serve: connectHandler, spoken: spokenHTTP2("application/connect+json", true), dial: func(t *testing.T, address string) gatewaytest.Client {
		return dialConnect(t, "http://"+address+outcryv1connect.OutcryConnectProcedure)
	}}
}

func dialConnect(t *testing.T, url string) *connectClient {
	h2c := &http.Protocols{}
	h2c.SetUnencryptedHTTP2(true)
	ctx, cancel := context.WithCancel(context.Background())
	dial := func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialling, network, address)
		if err == nil { // net/http notices the end of a context when the caller has nothing more to send
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	c := &connectClient{cut: cancel}
	t.Cleanup(c.cut)
	transport := &http.Transport{Protocols: h2c, DialContext: dial}
	c.stream = connect.NewClient[sent, outcryv1.ServerFrames](&http.Client{Transport: transport}, url, connect.WithCodec(jsonAsItIs{})).CallBidiStream(ctx)
	return c
}

// Send is gatewaytest.Client's.
func (c *connectClient) Send(f *outcryv1.ClientFrame) error {
	p, err := protojson.Marshal(f)
	return errors.Join(err, c.SendRaw(p))
}

// SendRaw is gatewaytest.Client's.
func (c *connectClient) SendRaw(p []byte) error { return c.stream.Send(&sent{p}) }

// Receive is gatewaytest.Client's. When ctx ends, so does the connection.
func (c *connectClient) Receive(ctx context.Context) (*outcryv1.ServerFrame, error) {
	defer context.AfterFunc(ctx, c.cut)()
	for len(c.waiting) == 0 {
		m, err := c.stream.Receive()
		if err != nil {
			return nil, err
		}
		c.waiting = m.Frames
	}
	f := c.waiting[0]
	c.waiting = c.waiting[1:]
	return f, nil
}

// Cut is gatewaytest.Client's.
func (c *connectClient) Cut() { c.cut() }

// Code is gatewaytest.Client's.
func (c *connectClient) Code(err error) outcryv1.ErrorCode {
	var coded *connect.Error
	if !errors.As(err, &coded) {
		return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
	}
	for _, detail := range coded.Details() {
		if v, err := detail.Value(); err == nil {
			if e, ok := v.(*outcryv1.Error); ok {
				return e.GetCode()
			}
		}
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
}
