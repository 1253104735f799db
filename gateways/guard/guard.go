// Package guard keeps other websites away: a browser sends any page's
// requests to loopback, so Host and Origin are checked before everything else
// at the edge. It keeps nothing.
package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
)

// New lets requests through whose Host is a loopback name or address, and whose
// Origin, where there is one, is such a name too or stands in allowed
// ("https://example.org"). Others get 403 and a text that says why.
func New(allowed []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		switch {
		case !loopback(r.Host):
			refuse(w, "the Host %q is not a name of this machine's loopback", r.Host)
		case origin != "" && !slices.Contains(allowed, origin) && !loopbackOrigin(origin):
			refuse(w, "the Origin %q is not allowed; start the server with --allow-origin to allow it", origin)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func refuse(w http.ResponseWriter, format string, args ...any) {
	http.Error(w, fmt.Sprintf(format, args...), http.StatusForbidden)
}

// loopback tells a host, with or without a port.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 2 && host[0] == '[' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func loopbackOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && loopback(u.Host)
}
