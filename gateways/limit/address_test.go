package limit

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func from(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return r
}

// Breaks for users: who believes what anybody writes into a header can be made to
// count one attacker as thousands, or a victim as the attacker.
func TestOnlyTrustedProxiesSayWhoAsks(t *testing.T) {
	proxies, err := ParsePrefixes([]string{"10.0.0.0/8", "2001:db8::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		request *http.Request
		want    string
	}{
		{from("192.0.2.1:1"), "192.0.2.1"},
		{from("192.0.2.1:1", "203.0.113.9"), "192.0.2.1"}, // no proxy of ours
		{from("10.1.2.3:1", "203.0.113.9"), "203.0.113.9"},
		{from("10.1.2.3:1", "198.51.100.1, 203.0.113.9"), "203.0.113.9"}, // the client wrote the first
		{from("10.1.2.3:1", "198.51.100.1", "203.0.113.9"), "203.0.113.9"},
		{from("10.1.2.3:1", "203.0.113.9, 10.9.9.9"), "203.0.113.9"}, // two of our proxies
		{from("10.1.2.3:1", "203.0.113.9", "10.9.9.9"), "203.0.113.9"},
		{from("10.1.2.3:1", "10.5.5.5, 10.9.9.9"), "10.5.5.5"},
		{from("10.1.2.3:1", "203.0.113.9, nonsense"), "10.1.2.3"},
		{from("10.1.2.3:1", ""), "10.1.2.3"},
		{from("10.1.2.3:1"), "10.1.2.3"},
		{from("10.1.2.3:1", "203.0.113.9:4711"), "203.0.113.9"},
		{from("[2001:db8::1]:1", "[2001:db8:5::7]:99"), "2001:db8:5::7"},
		{from("[2001:db8::1]:1", "2001:db8:5::7"), "2001:db8:5::7"},
		{from("[::ffff:10.1.2.3]:1", "::ffff:203.0.113.9"), "203.0.113.9"},
		{from("[fe80::1%eth0]:1"), "fe80::1"},
	} {
		if got := ClientOf(c.request, proxies); got != netip.MustParseAddr(c.want) {
			t.Errorf("from %s by %q: %s, want %s", c.request.RemoteAddr, c.request.Header.Values("X-Forwarded-For"), got, c.want)
		}
	}
	if got := ClientOf(from("@"), proxies); got.IsValid() {
		t.Errorf("a pipe has address %s", got)
	}
}

// Breaks for users: with IPv6 an attacker has 2^64 addresses, and each would count for itself.
func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	a, b := netip.MustParseAddr("2001:db8:1:2:3::4"), netip.MustParseAddr("2001:db8:1:2:ffff::1")
	if network(a) != network(b) || network(a) == network(netip.MustParseAddr("2001:db8:1:3::1")) {
		t.Errorf("%s and %s", network(a), network(b))
	}
	if network(netip.MustParseAddr("192.0.2.1")) == network(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two addresses of IPv4 count as one")
	}
}

// Breaks for users: a mistyped range that is taken silently trusts nobody or everybody.
func TestRangesThatAreNoneAreRefused(t *testing.T) {
	for _, bad := range []string{"", "10.0.0.0/33", "localhost", "10.0.0", "10.0.0.1:80"} {
		if p, err := ParsePrefixes([]string{"10.0.0.0/8", bad}); err == nil {
			t.Errorf("%q is taken as %v", bad, p)
		}
	}
	p, err := ParsePrefixes([]string{"10.1.2.3/8", "::1", "127.0.0.1"})
	if err != nil || !p.Has(netip.MustParseAddr("10.200.0.1")) || !p.Has(netip.MustParseAddr("::1")) ||
		!p.Has(netip.MustParseAddr("::ffff:127.0.0.1")) || p.Has(netip.MustParseAddr("127.0.0.2")) || p.Has(netip.Addr{}) {
		t.Errorf("%v, %v", p, err)
	}
}
