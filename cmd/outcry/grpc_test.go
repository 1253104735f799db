package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: who follows by gRPC would find nobody at the one address,
// or be cut off without a word when the server stops.
func TestTheOnePortSpeaksGRPCAndSaysGoodbye(t *testing.T) {
	s := newServer(t)
	conn, err := grpc.NewClient("passthrough:///"+s.http, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	health, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "outcry.v1.Outcry"})
	if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("health is %v, %v", health, err)
	}
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/outcry.v1.Outcry/Connect")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}); err != nil {
		t.Fatal(err)
	}
	var m outcryv1.ServerFrames
	if err := stream.RecvMsg(&m); err != nil || !strings.HasPrefix(m.GetFrames()[0].GetHello().GetServer(), "outcry") {
		t.Fatalf("to hello came %v, %v", &m, err)
	}
	watch, err := grpc_health_v1.NewHealthClient(conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := watch.Recv(); err != nil || a.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Fatalf("who watches is told %v, %v", a, err)
	}
	began := time.Now()
	s.stop()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("stopping took %s: somebody watches", took)
	}
	if a, err := watch.Recv(); err != nil || a.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("when it stopped, who watches was told %v, %v", a, err)
	}
	drained := false
	for err == nil {
		if err = stream.RecvMsg(&m); err == nil {
			for _, f := range m.GetFrames() {
				drained = drained || f.GetDrain().GetRetryWithinMs() > 0
			}
		}
	}
	if !drained || status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("drained=%v, then %v", drained, err)
	}
}
