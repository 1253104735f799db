package grpc_test

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"outcry/gateways/gatewaytest"
)

// Breaks for users: a balancer would send clients to a server that answers as of the past.
func TestHealthFollowsReadiness(t *testing.T) {
	var ready atomic.Bool
	c := grpc_health_v1.NewHealthClient(serve(t, gatewaytest.Pumps(t), ready.Load))
	for want, is := range map[grpc_health_v1.HealthCheckResponse_ServingStatus]bool{
		grpc_health_v1.HealthCheckResponse_NOT_SERVING: false, grpc_health_v1.HealthCheckResponse_SERVING: true} {
		ready.Store(is)
		for _, service := range []string{"", "outcry.v1.Outcry"} {
			a, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
			if err != nil || a.GetStatus() != want {
				t.Errorf("ready=%v, service %q: %v, %v", is, service, a, err)
			}
		}
	}
	_, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "other"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("an unknown service: %v", err)
	}
}

// Breaks for users: a balancer that watches would send clients to a server that
// takes its leave, or a server with watchers would never stop.
func TestWhoWatchesTheHealthIsToldOfEachChangeAndOfTheEnd(t *testing.T) {
	var ready atomic.Bool
	ready.Store(true)
	conn, health := serveHealth(t, gatewaytest.Pumps(t), ready.Load)
	watch := func(service string) grpc_health_v1.Health_WatchClient {
		w, err := grpc_health_v1.NewHealthClient(conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	all := []grpc_health_v1.Health_WatchClient{watch(""), watch("outcry.v1.Outcry")}
	told := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for _, w := range all {
			if a, err := w.Recv(); err != nil || a.GetStatus() != want {
				t.Fatalf("told %v, %v, want %v", a, err, want)
			}
		}
	}
	const serving, not = grpc_health_v1.HealthCheckResponse_SERVING, grpc_health_v1.HealthCheckResponse_NOT_SERVING
	told(serving)
	ready.Store(false)
	told(not)
	ready.Store(true)
	told(serving)
	if _, err := watch("other").Recv(); status.Code(err) != codes.NotFound {
		t.Errorf("watching an unknown service: %v", err)
	}
	health.Stop()
	told(not)
	for _, w := range all {
		if a, err := w.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the last word came %v, %v", a, err)
		}
	}
	if _, err := watch("").Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("watching a server that stops: %v", err)
	}
}

// Breaks for users: tools such as grpcurl would need our .proto files to say a word.
func TestToolsFindTheServiceByReflection(t *testing.T) {
	c := grpc_reflection_v1.NewServerReflectionClient(serve(t, gatewaytest.Pumps(t), yes))
	s, err := c.ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(r *grpc_reflection_v1.ServerReflectionRequest) *grpc_reflection_v1.ServerReflectionResponse {
		if err := s.Send(r); err != nil {
			t.Fatal(err)
		}
		a, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	var names []string
	for _, one := range ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}).GetListServicesResponse().GetService() {
		names = append(names, one.GetName())
	}
	if !slices.Contains(names, "outcry.v1.Outcry") || !slices.Contains(names, "grpc.health.v1.Health") {
		t.Errorf("services are %v", names)
	}
	a := ask(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{
		FileContainingSymbol: "outcry.v1.Outcry.Connect"}})
	if len(a.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("of Connect it says %v", a)
	}
	if err := s.CloseSend(); err != nil {
		t.Error(err)
	}
}
