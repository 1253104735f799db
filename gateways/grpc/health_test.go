package grpc

import (
	"errors"
	"testing"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
)

// Breaks for users: watching would be a way to fill a server's memory.
func TestWatchesAreBoundedAndLeavingMakesRoom(t *testing.T) {
	h := newHealth(func() bool { return true })
	var stops []func()
	watch := func() error {
		stop, err := h.Watch(t.Context(), &grpchealth.CheckRequest{}, func() {})
		if err == nil {
			stops = append(stops, stop)
		}
		return err
	}
	for range watchesMost {
		if err := watch(); err != nil {
			t.Fatal(err)
		}
	}
	var coded *connect.Error
	if err := watch(); !errors.As(err, &coded) || coded.Code() != connect.CodeResourceExhausted || len(coded.Details()) != 1 {
		t.Errorf("one more than may: %v", err)
	}
	stops[0]()
	if err := watch(); err != nil {
		t.Errorf("in the place of one that left: %v", err)
	}
	for _, stop := range stops[1:] {
		stop()
	}
	if n := len(h.mu.watches); n != 0 {
		t.Errorf("%d are left", n)
	}
}
