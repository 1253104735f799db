package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Origins that are allowed beside loopback, and hosts under which the server is known.
type Origins struct {
	origins map[string]bool // scheme://host[:port], lower case
	hosts   map[string]bool
	anyIP   bool
}

// AllowHosts lets requests in that name the server by one of these names, or by
// any address: for a server where people sign in. Without sign-in a page of anywhere
// could have its own name point here, so there the name has to be this machine's.
func (o *Origins) AllowHosts(names []string) {
	o.anyIP = true
	for _, name := range names {
		o.hosts[strings.ToLower(name)] = true
	}
}

// ParseOrigins takes origins as browsers write them, such as
// https://desk.example.com or http://10.0.0.5:8080, and returns the first one that is none.
func ParseOrigins(list []string) (*Origins, error) {
	o := &Origins{origins: map[string]bool{}, hosts: map[string]bool{}}
	for _, text := range list {
		u, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		o.origins[canonical(u)] = true
		o.hosts[strings.ToLower(u.Hostname())] = true
	}
	return o, nil
}

func parseOrigin(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading origin: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		(u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("origin %q: scheme://host[:port] with http or https is expected", text)
	}
	return u, nil
}

// canonical is how two spellings of an origin are told to be the same.
func canonical(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return u.Scheme + "://" + host
	}
	return u.Scheme + "://" + net.JoinHostPort(host, port)
}

// Handler passes on what comes from here or from an allowed origin, and answers the rest with 403.
func Handler(o *Origins, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := o.refusal(r); why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusal is empty for what may pass.
func (o *Origins) refusal(r *http.Request) string {
	host := hostname(r.Host)
	if !IsLoopback(host) && !o.hosts[host] && !(o.anyIP && isAddress(host)) {
		return fmt.Sprintf("host %q is not served here: use localhost, or allow it with --allow-origin, or where people sign in with --allow-host", r.Host)
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := parseOrigin(origin)
		if err != nil || !IsLoopback(strings.ToLower(u.Hostname())) && !o.origins[canonical(u)] && !o.own(u, r.Host) {
			return fmt.Sprintf("origin %q may not use this server: allow it with --allow-origin", origin)
		}
	}
	return ""
}

// own says that a page came from this server itself, under a name by which people reach it.
func (o *Origins) own(u *url.URL, host string) bool {
	return o.anyIP && strings.EqualFold(u.Host, host)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// hostname of a Host header, lower case, without port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}

// IsLoopback knows the names that resolve to this machine everywhere, and its addresses.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
