package limit

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Config of Doors. Numbers that are 0 are no bound.
type Config struct {
	// Proxies are believed when they say whom they ask for.
	Proxies Prefixes
	// Exempt addresses have no bounds of their own.
	Exempt Prefixes
	// Connections of one address at a time: sockets, and requests at Streams.
	Connections int
	// Streams are the paths of requests that last as long as their client stays.
	Streams []string
	// Requests of one address under way, other than Streams.
	Requests int
	// RequestWithin a request that is no stream must be read and its answer written.
	RequestWithin time.Duration
	// Refuse writes a refusal as the request's protocol wants it; default fault.Write.
	Refuse func(http.ResponseWriter, *http.Request, *outcryv1.Error)
	// Refused is told of each refusal; nil is skipped.
	Refused func(outcryv1.ErrorCode)
}

// Doors bound what comes from one address.
type Doors struct {
	config   Config
	sockets  *Counts[netip.Prefix]
	streams  *Counts[netip.Prefix]
	requests *Counts[netip.Prefix]
	counted  sync.Map // net.Conn of those that entered sockets
}

// NewDoors prepares the bounds.
func NewDoors(c Config) *Doors {
	if c.Refuse == nil {
		c.Refuse = func(w http.ResponseWriter, _ *http.Request, e *outcryv1.Error) { fault.Write(w, e) }
	}
	if c.Refused == nil {
		c.Refused = func(outcryv1.ErrorCode) {}
	}
	return &Doors{config: c, sockets: NewCounts[netip.Prefix](c.Connections),
		streams: NewCounts[netip.Prefix](c.Connections), requests: NewCounts[netip.Prefix](c.Requests)}
}

// ConnState is http.Server's: it closes a new connection of an address that has
// as many as it may. One that became a WebSocket is counted by Handler alone.
func (d *Doors) ConnState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		peer := peerOf(conn.RemoteAddr().String())
		switch {
		case d.exempt(peer) || d.config.Proxies.Has(peer):
		case d.sockets.Enter(network(peer)):
			d.counted.Store(conn, network(peer))
		default:
			d.config.Refused(outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS)
			_ = conn.Close() // its server finds it closed
		}
	case http.StateHijacked, http.StateClosed:
		if key, ok := d.counted.LoadAndDelete(conn); ok {
			d.sockets.Leave(key.(netip.Prefix))
		}
	}
}

func (d *Doors) exempt(a netip.Addr) bool { return d.config.Exempt.Has(a) }

// Handler refuses requests of an address that has as many connections, or
// requests under way, as it may, and gives the others their deadline.
func (d *Doors) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(d.config.Streams, r.URL.Path) {
			d.stream(w, r, next)
			return
		}
		d.request(w, r, next)
	})
}

func (d *Doors) stream(w http.ResponseWriter, r *http.Request, next http.Handler) {
	client := ClientOf(r, d.config.Proxies)
	r = named(r, client)
	if d.exempt(client) {
		next.ServeHTTP(w, r)
		return
	}
	key := network(client)
	if !d.streams.Enter(key) {
		d.refuse(w, r, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_CONNECTIONS, "this address has as many connections as it may"))
		return
	}
	l := &lease{release: sync.OnceFunc(func() { d.streams.Leave(key) })}
	defer func() {
		if !l.held {
			l.release()
		}
	}()
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), leaseKey{}, l)))
}

func (d *Doors) request(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if within := d.config.RequestWithin; within > 0 {
		control, by := http.NewResponseController(w), time.Now().Add(within)
		_ = control.SetReadDeadline(by) // where it is not possible there is no socket that somebody could hold
		_ = control.SetWriteDeadline(by)
	}
	if client := ClientOf(r, d.config.Proxies); !d.exempt(client) {
		key := network(client)
		if !d.requests.Enter(key) {
			d.refuse(w, r, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, "this address has as many requests under way as it may"))
			return
		}
		defer d.requests.Leave(key)
	}
	next.ServeHTTP(w, r)
}

func (d *Doors) refuse(w http.ResponseWriter, r *http.Request, e *outcryv1.Error) {
	d.config.Refused(e.GetCode())
	d.config.Refuse(w, r, e)
}

// lease is a connection's place among those of its address.
type lease struct {
	release func()
	held    bool
}

type leaseKey struct{}

// Hold keeps the place of a request at one of Streams beyond its handler, as a
// WebSocket's does; release gives it back and may be called more than once.
func Hold(ctx context.Context) (release func()) {
	l, ok := ctx.Value(leaseKey{}).(*lease)
	if !ok {
		return func() {}
	}
	l.held = true
	return l.release
}
