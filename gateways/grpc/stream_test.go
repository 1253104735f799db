package grpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	google "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/pump"
	outcryv1 "outcry/proto/outcry/v1"
)

// coded demands a status with our own error in it.
func coded(t *testing.T, err error, want codes.Code, ours outcryv1.ErrorCode) {
	t.Helper()
	s := status.Convert(err)
	if s.Code() != want || len(s.Details()) != 1 {
		t.Fatalf("the stream ended with %v, %v", err, s.Details())
	}
	e, ok := s.Details()[0].(*outcryv1.Error)
	if !ok || e.GetCode() != ours || e.GetText() == "" || e.GetRetry() == outcryv1.Retry_RETRY_UNSPECIFIED {
		t.Errorf("the detail is %v", s.Details()[0])
	}
}

func long(bytes int) *outcryv1.ClientFrame {
	return &outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1, User: strings.Repeat("a", bytes)}}}
}

// Breaks for users: a program that is told no reason tries the same again for ever.
func TestTheStatusSaysWhyAStreamEnded(t *testing.T) {
	conn := serve(t, gatewaytest.Pumps(t), yes)
	p := connect(t, conn)
	p.send(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{}}})
	coded(t, p.end(), codes.Unimplemented, outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION)

	p = open(t, conn)
	p.send(long(64 << 10))
	coded(t, p.end(), codes.InvalidArgument, outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE)
}

// Breaks for users: a client of a server that stops would think that it asks too much.
func TestAStreamThatIsNotTakenSaysWhy(t *testing.T) {
	stopped := gatewaytest.Pumps(t)
	if err := stopped.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	coded(t, connect(t, serve(t, stopped, yes)).end(), codes.Unavailable, outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE)
}

// Breaks for users: messages of some KB that unfold to gigabytes would take everybody's processor.
func TestCompressedMessagesAreRefused(t *testing.T) {
	conn := serve(t, gatewaytest.Pumps(t), yes)
	p := connect(t, conn, google.UseCompressor(gzip.Name))
	if err := p.end(); status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("the stream ended with %v", err)
	}
}

// Breaks for users: whoever pipes frames into a tool, which then closes its side, would see nothing.
func TestAClientThatHasNothingMoreToSayGoesOnReceiving(t *testing.T) {
	floor, pumps := gatewaytest.Open(t, pump.Observer{})
	floor.Join("pit", "bob")
	p := open(t, serve(t, pumps, yes))
	p.talk("pit")
	if err := p.CloseSend(); err != nil {
		t.Fatal(err)
	}
	p.said(1)
}

// Breaks for users: one stream that a program forgets to read would stop all its others.
func TestAStalledStreamHarmsNoOtherOfItsConnection(t *testing.T) {
	floor, pumps := gatewaytest.Open(t, pump.Observer{})
	floor.Join("pit", "bob")
	conn := serve(t, pumps, yes)
	slow, quick := open(t, conn), open(t, conn)
	slow.talk("pit")
	head := uint64(0)
	for range 1000 { // far beyond the window and what is framed
		head = floor.Post("pit", "bob", strings.Repeat("word ", 300))
	}
	quick.talk("pit")
	quick.said(head)
	slow.said(head)
}

// Breaks for users: a client that never reads again would keep the server from stopping.
func TestStoppingEndsStreams(t *testing.T) {
	floor, pumps := gatewaytest.Open(t, pump.Observer{})
	floor.Join("pit", "bob")
	slow, quick := open(t, serve(t, pumps, yes)), open(t, serve(t, pumps, yes))
	slow.talk("pit")
	for range 1000 {
		floor.Post("pit", "bob", strings.Repeat("word ", 300))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := pumps.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := quick.end(); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("the one that reads sees %v", err)
	}
	if err := slow.end(); err == nil {
		t.Error("the other sees no end")
	}
}
