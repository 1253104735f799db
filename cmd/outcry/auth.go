package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"outcry/gateways/identity"
	"outcry/gateways/identity/signin"
)

// authSettings say who may sign in. Where none of the keys is set nobody does,
// clients name themselves, and only loopback is served.
type authSettings struct {
	secretFile, publicKeysFile, apiKeysFile string
	jwksURL                                 string
	jwksRefresh, jwksKeep, leeway           time.Duration
	issuer, audience                        string
	userClaim, grantsClaim                  string
	defaultGrants, anonymousGrants          []string
}

func (s *authSettings) configured() bool {
	return s.secretFile != "" || s.publicKeysFile != "" || s.apiKeysFile != "" || s.jwksURL != ""
}

func (c *config) authSettings(b *settingsOf) {
	s := &c.auth
	b.text(&s.secretFile, "auth.secret_file", "auth-secret-file", "", "file of the secret that tokens are signed with (HS256); outcry token makes one")
	b.text(&s.publicKeysFile, "auth.public_keys_file", "auth-public-keys-file", "", "PEM or JWKS file of the keys that tokens are checked with (RS256, ES256, EdDSA)")
	b.text(&s.jwksURL, "auth.jwks.url", "auth-jwks", "", "URL of an identity provider's keys (JWKS)")
	b.duration(&s.jwksRefresh, "auth.jwks.refresh", "auth-jwks-refresh", 5*time.Minute, "how often these keys are read")
	b.duration(&s.jwksKeep, "auth.jwks.keep", "auth-jwks-keep", time.Hour, "how long they hold while the URL does not answer")
	b.text(&s.apiKeysFile, "auth.api_keys_file", "auth-api-keys-file", "", "file of API keys, read anew when it changes; outcry token --api-key makes entries")
	b.text(&s.issuer, "auth.issuer", "auth-issuer", "", "issuer (iss) that tokens must have; empty: any")
	b.text(&s.audience, "auth.audience", "auth-audience", "", "audience (aud) that tokens must have; empty: any")
	b.text(&s.userClaim, "auth.user_claim", "auth-user-claim", "sub", "claim that names the user")
	b.text(&s.grantsClaim, "auth.grants_claim", "auth-grants-claim", "outcry", "claim that holds the grants")
	b.duration(&s.leeway, "auth.leeway", "auth-leeway", 30*time.Second, "how much a token's times may be off, for clocks that differ")
	b.list(&s.defaultGrants, "auth.default_grants", "auth-default-grant", "VERB=PATTERN that tokens without the claim get, such as see=*; empty: nothing")
	b.list(&s.anonymousGrants, "auth.anonymous_grants", "auth-anonymous-grant", "VERB=PATTERN that people without a token get; empty: they are refused")
}

// parseGrants takes VERB=PATTERN, as flags have it.
func parseGrants(list []string) (byVerb map[string][]string, err error) {
	byVerb = map[string][]string{}
	var faults []error
	for _, text := range list {
		verb, pattern, ok := strings.Cut(text, "=")
		if !ok {
			faults = append(faults, fmt.Errorf("%q: VERB=PATTERN is wanted, such as see=*", text))
			continue
		}
		byVerb[verb] = append(byVerb[verb], pattern)
	}
	if len(faults) == 0 {
		_, err = identity.ParseGrants(byVerb)
	}
	return byVerb, errors.Join(append(faults, err)...)
}

// checkListen: a server where everybody may everything is not shown to a network.
func (c *config) checkListen() error {
	if !c.auth.configured() {
		if err := loopback(c.http); err != nil {
			return c.fault("http.listen", fmt.Errorf("%w, or have people sign in: see auth in docs/SECURITY.md", err))
		}
		return nil
	}
	_, _, err := net.SplitHostPort(c.http)
	return c.fault("http.listen", err)
}

func (c *config) checkAuth() error {
	s := &c.auth
	var faults []error
	for key, list := range map[string][]string{"auth.default_grants": s.defaultGrants, "auth.anonymous_grants": s.anonymousGrants} {
		_, err := parseGrants(list)
		faults = append(faults, c.fault(key, err))
	}
	for key, d := range map[string]time.Duration{"auth.jwks.refresh": s.jwksRefresh, "auth.jwks.keep": s.jwksKeep} {
		if d < time.Second {
			faults = append(faults, c.fault(key, fmt.Errorf("%s: at least 1s", d)))
		}
	}
	if s.leeway < 0 || s.leeway > 10*time.Minute {
		faults = append(faults, c.fault("auth.leeway", fmt.Errorf("%s: from 0s to 10m are possible", s.leeway)))
	}
	for key, claim := range map[string]string{"auth.user_claim": s.userClaim, "auth.grants_claim": s.grantsClaim} {
		if claim == "" {
			faults = append(faults, c.fault(key, errors.New("a claim's name is needed")))
		}
	}
	if !s.configured() && (len(s.defaultGrants) > 0 || len(s.anonymousGrants) > 0 || s.issuer != "" || s.audience != "") {
		faults = append(faults, errors.New("auth: grants, issuer or audience have no effect while no key says who may sign in: "+
			"set auth.secret_file, auth.public_keys_file, auth.jwks.url or auth.api_keys_file"))
	}
	if !s.configured() && len(c.allowHosts) > 0 {
		faults = append(faults, c.fault("http.allow_hosts", errors.New("names are only served where people sign in: see auth in docs/SECURITY.md")))
	}
	return errors.Join(faults...)
}

// gate lets people in as the settings say. changed is called when somebody may lose something.
func (c *config) gate(changed func()) (identity.Gate, *signin.Gate, error) {
	s := &c.auth
	if !s.configured() {
		return identity.Open{}, nil, nil
	}
	made := signin.Config{JWKS: s.jwksURL, KeysRefresh: s.jwksRefresh, KeysKeep: s.jwksKeep, Issuer: s.issuer, Audience: s.audience,
		UserClaim: s.userClaim, GrantsClaim: s.grantsClaim, Leeway: s.leeway, APIKeys: s.apiKeysFile, Logger: c.logger, Changed: changed}
	if s.leeway == 0 {
		made.Leeway = -1
	}
	var faults []error
	read := func(path string) []byte {
		if path == "" {
			return nil
		}
		text, err := os.ReadFile(path)
		faults = append(faults, err)
		return text
	}
	made.Secret, made.PublicKeys = signin.Secret(read(s.secretFile)), read(s.publicKeysFile)
	for _, g := range []struct {
		list []string
		into **identity.Grants
	}{{s.defaultGrants, &made.Default}, {s.anonymousGrants, &made.Anonymous}} {
		if len(g.list) == 0 {
			continue
		}
		byVerb, err := parseGrants(g.list)
		faults = append(faults, err)
		if err == nil {
			*g.into, err = identity.ParseGrants(byVerb)
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, nil, fmt.Errorf("setting up sign-in: %w", err)
	}
	gate, err := signin.New(made)
	if err != nil {
		return nil, nil, fmt.Errorf("setting up sign-in: %w", err)
	}
	return gate, gate, nil
}
