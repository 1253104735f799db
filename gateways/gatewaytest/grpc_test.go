package gatewaytest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	google "google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/grpc"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// grpcClient is a stock client of Google's.
type grpcClient struct {
	stream  google.ClientStream
	cut     func()
	waiting []*outcryv1.ServerFrame // of the message that was read last
}

// asItIs is protobuf, and lets a test send bytes that are none.
type asItIs struct{}

func (asItIs) Name() string { return "proto" }

func (asItIs) Marshal(v any) ([]byte, error) {
	if raw, ok := v.([]byte); ok {
		return raw, nil
	}
	return proto.Marshal(v.(proto.Message))
}

func (asItIs) Unmarshal(p []byte, v any) error { return proto.Unmarshal(p, v.(proto.Message)) }

// overGRPC serves Connect and speaks gRPC.
func overGRPC() way {
	return way{serve: connectHandler, spoken: spokenHTTP2("application/grpc", false), dial: func(t *testing.T, address string) gatewaytest.Client {
		return dialGRPC(t, address, insecure.NewCredentials())
	}}
}

func overGRPCTLS() way {
	return way{serve: connectHandler, tls: true, spoken: spokenHTTP2("application/grpc", false), protocols: []string{"h2"}, dial: func(t *testing.T, address string) gatewaytest.Client {
		return dialGRPC(t, address, credentials.NewTLS(unchecked()))
	}}
}

func connectHandler(pumps *pump.Pumps) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(grpc.NewHandler(grpc.Config{Pumps: pumps}))
	return mux
}

func dialGRPC(t *testing.T, address string, with credentials.TransportCredentials) *grpcClient {
	t.Helper()
	conn, err := google.NewClient("passthrough:///"+address, google.WithTransportCredentials(with))
	if err != nil {
		t.Fatalf("dialling: %v", err)
	}
	c := &grpcClient{cut: func() { _ = conn.Close() }} // it may be closed already
	t.Cleanup(c.cut)
	desc := &google.StreamDesc{ClientStreams: true, ServerStreams: true}
	c.stream, err = conn.NewStream(context.Background(), desc, "/outcry.v1.Outcry/Connect", google.ForceCodec(asItIs{}))
	if err != nil {
		t.Fatalf("opening a stream: %v", err)
	}
	return c
}

// Send is gatewaytest.Client's.
func (c *grpcClient) Send(f *outcryv1.ClientFrame) error { return c.stream.SendMsg(f) }

// SendRaw is gatewaytest.Client's.
func (c *grpcClient) SendRaw(p []byte) error { return c.stream.SendMsg(p) }

// Receive is gatewaytest.Client's. When ctx ends, so does the connection.
func (c *grpcClient) Receive(ctx context.Context) (*outcryv1.ServerFrame, error) {
	defer context.AfterFunc(ctx, c.cut)()
	for len(c.waiting) == 0 {
		m := &outcryv1.ServerFrames{}
		if err := c.stream.RecvMsg(m); err != nil {
			return nil, err
		}
		if len(m.Frames) == 0 {
			return nil, fmt.Errorf("a message without frames")
		}
		c.waiting = m.Frames
	}
	f := c.waiting[0]
	c.waiting = c.waiting[1:]
	return f, nil
}

// Cut is gatewaytest.Client's.
func (c *grpcClient) Cut() { c.cut() }

// Code is gatewaytest.Client's.
func (c *grpcClient) Code(err error) outcryv1.ErrorCode {
	for _, detail := range status.Convert(err).Details() {
		if e, ok := detail.(*outcryv1.Error); ok {
			return e.GetCode()
		}
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED
}
