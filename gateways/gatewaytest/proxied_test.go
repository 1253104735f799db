package gatewaytest_test

import (
	"net/http"
	"slices"
	"testing"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/limit"
	"outcry/gateways/pump"
)

// forwarded is the client for which every spoken conversation says that it comes.
const forwarded = "203.0.113.9"

// Breaks for users: behind a proxy all clients have one address, and an operator
// cannot see who it is that does harm; or anybody could pretend to be somebody else.
func TestAClientBehindAProxyIsSeenByItsOwnAddress(t *testing.T) {
	loopback, err := limit.ParsePrefixes([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for name, one := range ways {
		t.Run(name, func(t *testing.T) {
			for trusted, proxies := range map[bool]limit.Prefixes{true: loopback, false: nil} {
				pumps, serve := gatewaytest.Pumps(t), one.serve
				behind := one
				behind.serve = func(p *pump.Pumps) http.Handler {
					return limit.NewDoors(limit.Config{Proxies: proxies, Streams: []string{"/", "/outcry.v1.Outcry/Connect"}}).Handler(serve(p))
				}
				conn := one.wrap(dialTCP(t, behind.open(t, pumps)))
				said := one.spoken(t)
				if _, err := conn.Write(slices.Concat(said.head, said.body)); err != nil {
					t.Fatal(err)
				}
				first(conn, moment, greeted)
				var all []pump.Seen
				if err := pumps.Each(t.Context(), func(some []pump.Seen) { all = append(all, some...) }); err != nil || len(all) != 1 {
					t.Fatalf("%d clients are seen, %v", len(all), err)
				}
				want := limit.Peer{Address: conn.LocalAddr().String()}
				if trusted {
					want = limit.Peer{Address: forwarded, Proxied: true}
				}
				if all[0].Peer.Peer != want {
					t.Errorf("proxy trusted: %v; seen is %v, want %v", trusted, all[0].Peer, want)
				}
				_ = conn.Close() // the server finds out
			}
		})
	}
}
