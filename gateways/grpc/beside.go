package grpc

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"outcry/proto/outcry/v1/outcryv1connect"
)

// MountBeside mounts what tools and load balancers ask a gRPC server for: its
// services (server reflection) and its health, which follows ready.
func MountBeside(mux *http.ServeMux, ready func() bool) {
	reflector := grpcreflect.NewStaticReflector(outcryv1connect.OutcryName, grpchealth.HealthV1ServiceName)
	mux.Handle(grpcreflect.NewHandlerV1(reflector))
	mux.Handle(grpcreflect.NewHandlerV1Alpha(reflector)) // what most tools still ask
	mux.Handle(grpchealth.NewHandler(health(ready)))
}

// health says whether what the actors hold is as new as the log.
type health func() bool

// Check answers for the whole server and for its one service.
func (h health) Check(_ context.Context, r *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if r.Service != "" && r.Service != outcryv1connect.OutcryName {
		return nil, connect.NewError(connect.CodeNotFound, errors.New("there is no such service"))
	}
	if h() {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
}
