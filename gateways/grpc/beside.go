package grpc

import (
	"net/http"

	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"outcry/proto/outcry/v1/outcryv1connect"
)

// WatchProcedure is the path of a stream that lasts as long as its client stays.
const WatchProcedure = "/" + grpchealth.HealthV1ServiceName + "/Watch"

// MountBeside mounts what tools and load balancers ask a gRPC server for: its
// services (server reflection) and its health, which follows ready.
func MountBeside(mux *http.ServeMux, ready func() bool) *Health {
	reflector := grpcreflect.NewStaticReflector(outcryv1connect.OutcryName, grpchealth.HealthV1ServiceName)
	mux.Handle(grpcreflect.NewHandlerV1(reflector))
	mux.Handle(grpcreflect.NewHandlerV1Alpha(reflector)) // what most tools still ask
	h := newHealth(ready)
	path, handler := grpchealth.NewHandler(h)
	mux.Handle(path, h.whileOpen(handler))
	return h
}
