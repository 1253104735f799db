package grpc

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"

	"outcry/gateways/fault"
	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

const (
	// lookEvery is how often readiness is looked at while somebody watches it.
	lookEvery = 250 * time.Millisecond
	// watchesMost there are at a time; balancers have one a process.
	watchesMost = 1000
	// lastWordWithin is how long watchers have to hear that the server stops.
	lastWordWithin = 500 * time.Millisecond
)

// Health says whether what the actors hold is as new as the log, to who asks
// and, when it changes, to who watches. Safe for many goroutines.
type Health struct {
	ready func() bool
	over  chan struct{} // closed when watches end

	mu struct {
		sync.Mutex
		watches map[*watch]struct{}
		told    bool        // the readiness that was told last
		timer   *time.Timer // runs while somebody watches
		stopped bool
	}
}

// watch is one watcher; changed has it asked for the status again.
type watch struct{ changed func() }

func newHealth(ready func() bool) *Health {
	h := &Health{ready: ready, over: make(chan struct{})}
	h.mu.watches = map[*watch]struct{}{}
	return h
}

// Check answers for the whole server and for its one service.
func (h *Health) Check(ctx context.Context, r *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if err := known(r); err != nil {
		return nil, err
	}
	if h.serves(ctx) {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
}

// serves is what is so now; for a watcher it is what all were told last, so
// that none misses a change between being asked for and being told.
func (h *Health) serves(ctx context.Context) bool {
	watched := ctx.Value(watching{}) != nil
	is := !watched && h.ready()
	h.mu.Lock()
	defer h.mu.Unlock()
	if watched {
		is = h.mu.told
	}
	return is && !h.mu.stopped
}

func known(r *grpchealth.CheckRequest) error {
	if r.Service != "" && r.Service != outcryv1connect.OutcryName {
		return connect.NewError(connect.CodeNotFound, errors.New("there is no such service"))
	}
	return nil
}

// Watch is grpchealth.Watcher's: changed is called when the status may be another one.
func (h *Health) Watch(_ context.Context, r *grpchealth.CheckRequest, changed func()) (stop func(), err error) {
	if err := known(r); err != nil {
		return nil, err
	}
	is := h.ready()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.mu.stopped:
		return nil, rpc.Coded(fault.NewError(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, "the server is stopping"))
	case len(h.mu.watches) >= watchesMost:
		return nil, rpc.Coded(fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS, "as many watch the health as may; ask for it with Check"))
	}
	w := &watch{changed}
	h.mu.watches[w] = struct{}{}
	if len(h.mu.watches) == 1 {
		h.mu.told = is
		h.mu.timer = time.AfterFunc(lookEvery, h.look)
	}
	return func() { h.leave(w) }, nil
}

func (h *Health) leave(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.mu.watches, w)
	if len(h.mu.watches) == 0 {
		h.mu.timer.Stop()
	}
}

// look tells watchers when the readiness is another one.
func (h *Health) look() {
	is := h.ready()
	h.mu.Lock()
	defer h.mu.Unlock()
	if is != h.mu.told {
		h.mu.told = is
		h.tell()
	}
	if len(h.mu.watches) > 0 && !h.mu.stopped {
		h.mu.timer.Reset(lookEvery)
	}
}

// tell is called with the lock held; changed does not wait.
func (h *Health) tell() {
	for w := range h.mu.watches {
		w.changed()
	}
}

// Stop tells all watchers that the server does not serve any more, and ends their streams a
// moment later. It does not wait, and may be called once.
func (h *Health) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.stopped = true
	h.tell()
	within := lastWordWithin
	if len(h.mu.watches) == 0 {
		within = 0
	}
	time.AfterFunc(within, func() { close(h.over) })
}

// watching marks what is asked for a watcher.
type watching struct{}

// whileOpen ends watches when the health is over: they have no other end but their client's.
func (h *Health) whileOpen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == WatchProcedure {
			ctx, cancel := context.WithCancel(context.WithValue(r.Context(), watching{}, true))
			defer cancel()
			r = r.WithContext(ctx)
			go func() {
				select {
				case <-h.over:
					cancel()
				case <-ctx.Done():
				}
			}()
		}
		next.ServeHTTP(w, r)
	})
}
