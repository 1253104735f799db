package limit

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Prefixes are ranges of addresses.
type Prefixes []netip.Prefix

// ParsePrefixes takes addresses and ranges, such as 10.0.0.5 or 10.0.0.0/8, and
// returns the first one that is none.
func ParsePrefixes(list []string) (all Prefixes, err error) {
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if address, alone := netip.ParseAddr(text); alone == nil {
			prefix, err = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", text)
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

// Has says whether an address is in one of the ranges.
func (p Prefixes) Has(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// peerOf reads a connection's address, host:port; invalid where it has none (a pipe).
func peerOf(hostPort string) netip.Addr {
	ap, err := netip.ParseAddrPort(hostPort)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// ClientOf is the address that a request came from: the connection's, or what
// trusted proxies say. Each proxy appends who it was asked by, so the last one
// that is no proxy of ours is the client; what stands before it anybody can write.
func ClientOf(r *http.Request, proxies Prefixes) netip.Addr {
	client := peerOf(r.RemoteAddr)
	said := r.Header.Values("X-Forwarded-For")
	for i := len(said) - 1; i >= 0; i-- {
		hops := strings.Split(said[i], ",")
		for j := len(hops) - 1; j >= 0; j-- {
			if !proxies.Has(client) {
				return client
			}
			hop, ok := hopOf(strings.TrimSpace(hops[j]))
			if !ok {
				return client
			}
			client = hop
		}
	}
	return client
}

// Peer is who a request came from, for those who look after the server.
type Peer struct {
	// Address is the connection's, host:port; behind proxies of ours the client's address alone.
	Address string
	Proxied bool
}

type peerKey struct{}

// PeerOf is who a request came from that passed Doors; without them it is the connection's other end.
func PeerOf(ctx context.Context, connection string) Peer {
	if p, ok := ctx.Value(peerKey{}).(Peer); ok {
		return p
	}
	return Peer{Address: connection}
}

// named tells who a request's client is, where that is not the connection's other end.
func named(r *http.Request, client netip.Addr) *http.Request {
	if client == peerOf(r.RemoteAddr) {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), peerKey{}, Peer{client.String(), true}))
}

// hopOf reads one entry of X-Forwarded-For; some proxies write the port, too.
func hopOf(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	a := peerOf(text)
	return a, a.IsValid()
}

// network is what is counted as one address.
func network(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all such are one
	}
	return prefix
}
