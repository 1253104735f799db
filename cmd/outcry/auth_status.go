package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"outcry/gateways/guard"
	"outcry/gateways/identity/signin"
)

// signInReadiness says in /readyz whether people can sign in.
type signInReadiness struct {
	// State is ready; away while no key that was read holds; catching_up while
	// keys hold that cannot be read anew, or revocations are being read.
	State          string  `json:"state"`
	Error          string  `json:"error,omitempty"`
	KeysAgeSeconds float64 `json:"keys_age_seconds,omitempty"` // of those at the URL
}

// signInState of a server where people sign in; nil where nobody does.
func (a *app) signInState() *signInReadiness {
	if a.signin == nil {
		return nil
	}
	s, r := a.signin.Status(), &signInReadiness{State: stateReady}
	if s.APIKeysErr != nil {
		r.State, r.Error = stateCatchingUp, s.APIKeysErr.Error()
	}
	if k := s.Keys; k != nil {
		r.KeysAgeSeconds = max(k.Age.Seconds(), 0)
		if k.Err != nil {
			r.State, r.Error = stateCatchingUp, k.Err.Error()
		}
		if !k.Hold && len(s.Algorithms) == 0 && s.APIKeys == 0 {
			r.State = stateAway
		}
	}
	return r
}

// signIn shows how the keys stand, whenever somebody looks.
func (m *metrics) signIn(status func() signin.Status) {
	gauge := func(name, help string, value func(signin.Status) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(status()) }))
	}
	yes := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	gauge("outcry_signin_api_keys", "API keys that hold.", func(s signin.Status) float64 { return float64(s.APIKeys) })
	gauge("outcry_signin_api_keys_failing", "1 while the file of API keys has faults, and what was read before holds on.",
		func(s signin.Status) float64 { return yes(s.APIKeysErr != nil) })
	if status().Keys == nil {
		return
	}
	gauge("outcry_signin_keys_age_seconds", "Age of the keys at the URL; -1: never read.", func(s signin.Status) float64 { return max(s.Keys.Age.Seconds(), -1) })
	gauge("outcry_signin_keys_failing", "1 while the URL of keys does not answer.", func(s signin.Status) float64 { return yes(s.Keys.Err != nil) })
}

// welcome says at the start who may come in.
func (a *app) welcome() string {
	if a.signin == nil {
		return "nobody signs in: clients name themselves, so only this machine is served"
	}
	s := a.signin.Status()
	var ways []string
	if len(s.Algorithms) > 0 {
		ways = append(ways, "tokens ("+strings.Join(s.Algorithms, ", ")+")")
	}
	if s.Keys != nil {
		ways = append(ways, "tokens by the keys of "+s.Keys.URL)
	}
	if a.config.auth.apiKeysFile != "" {
		ways = append(ways, fmt.Sprintf("%d API keys", s.APIKeys))
	}
	if a.config.auth.anonymousGrants != nil {
		ways = append(ways, "or nothing: "+strings.Join(a.config.auth.anonymousGrants, " "))
	}
	return strings.Join(ways, ", ")
}

// warnOpen tells who listens on a network that tokens could be read there.
func (a *app) warnOpen(url string) {
	host, _, err := net.SplitHostPort(a.config.http)
	if err == nil && a.signin != nil && !guard.IsLoopback(host) && strings.HasPrefix(url, "http:") {
		a.config.logger.Warn("tokens are sent in the clear unless something in front of this address speaks TLS", "address", a.config.http)
	}
}
