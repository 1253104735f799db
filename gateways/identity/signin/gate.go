package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"outcry/gateways/guard"
	"outcry/gateways/identity"
)

// Config of a Gate. At least one of Secret, PublicKeys, JWKS and APIKeys is needed.
type Config struct {
	// Secret that HS256 tokens are signed with, at least 32 bytes.
	Secret []byte
	// PublicKeys is the content of a file: PEM of public keys or certificates, or a JWKS.
	PublicKeys []byte
	// JWKS is the URL of a key set: https, or http on loopback.
	JWKS string
	// KeysRefresh is how often it is read; default 5 min.
	KeysRefresh time.Duration
	// KeysKeep is how long its keys hold while it does not answer; default 1 h. A key that
	// was withdrawn there holds for as long, if the URL is kept from answering.
	KeysKeep time.Duration
	// Issuer and Audience that a token must have; empty: any.
	Issuer, Audience string
	// UserClaim names the user, default sub; GrantsClaim the grants, default outcry.
	UserClaim, GrantsClaim string
	// Leeway of a token's times, for clocks that differ; default 30 s, negative: none.
	Leeway time.Duration
	// Default are the grants of tokens without the claim; nil: none.
	Default *identity.Grants
	// Anonymous are the grants of people without a token; nil: they are refused.
	Anonymous *identity.Grants
	// APIKeys is the path of the file of API keys; empty: there are none.
	APIKeys string
	// Transport of requests to JWKS; default http.DefaultTransport.
	Transport http.RoundTripper
	Logger    *slog.Logger
	// Changed is called, from any goroutine, when Current may answer something else; nil is skipped.
	Changed func()
}

// Gate is the identity.Gate of a server where people sign in.
type Gate struct {
	config  Config
	tokens  tokens
	keys    *apiKeys // nil: none
	revoked identity.Revocations
	epoch   atomic.Uint64
}

// New reads the keys that are in files. Run has the others read, and all of them kept up to date.
func New(c Config) (*Gate, error) {
	c.defaults()
	g := &Gate{config: c, tokens: tokens{config: c}}
	g.epoch.Store(1)
	var faults []error
	if len(c.Secret) > 0 {
		k, err := newKey("", c.Secret)
		g.tokens.static, faults = append(g.tokens.static, k), append(faults, err)
	}
	if len(c.PublicKeys) > 0 {
		keys, err := parsePublic(c.PublicKeys)
		if err != nil {
			err = fmt.Errorf("reading public keys: %w", err)
		}
		g.tokens.static, faults = append(g.tokens.static, keys...), append(faults, err)
	}
	if c.JWKS != "" {
		faults = append(faults, validURL(c.JWKS))
		g.tokens.remote = newRemote(c)
	}
	if c.APIKeys != "" {
		var err error
		g.keys, err = openAPIKeys(c.APIKeys, c.Logger, g.changed)
		faults = append(faults, err)
	}
	if len(g.tokens.static) == 0 && g.tokens.remote == nil && g.keys == nil {
		faults = append(faults, errors.New("no key says who may sign in: a secret, public keys, a JWKS or API keys are needed"))
	}
	return g, errors.Join(faults...)
}

func (c *Config) defaults() {
	if c.KeysRefresh == 0 {
		c.KeysRefresh = 5 * time.Minute
	}
	if c.KeysKeep == 0 {
		c.KeysKeep = time.Hour
	}
	switch {
	case c.Leeway == 0:
		c.Leeway = 30 * time.Second
	case c.Leeway < 0:
		c.Leeway = 0
	}
	if c.UserClaim == "" {
		c.UserClaim = "sub"
	}
	if c.GrantsClaim == "" {
		c.GrantsClaim = "outcry"
	}
	if c.Default == nil {
		c.Default = &identity.Grants{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// validURL: keys that come over an open network could be anybody's.
func validURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !guard.IsLoopback(u.Hostname())) {
		return fmt.Errorf("%q: an https URL is wanted; http only on loopback", text)
	}
	return nil
}

// Run reads keys anew until ctx ends.
func (g *Gate) Run(ctx context.Context) error {
	var all sync.WaitGroup
	if g.tokens.remote != nil {
		all.Go(func() { g.tokens.remote.run(ctx) })
	}
	if g.keys != nil {
		all.Go(func() { g.keys.run(ctx) })
	}
	all.Wait()
	return nil
}

// SignIn is identity.Gate's.
func (g *Gate) SignIn(ctx context.Context, token string) (*identity.Identity, error) {
	now := time.Now()
	var i *identity.Identity
	var err error
	switch {
	case token == "" && g.config.Anonymous != nil:
		return &identity.Identity{Grants: g.config.Anonymous}, nil
	case token == "":
		err = identity.Unauthenticated("a token or an API key is needed")
	case strings.HasPrefix(token, keyPrefix):
		i, err = g.keyed(hashOf(token))
	default:
		i, err = g.tokens.read(ctx, token, now)
	}
	if err != nil {
		return nil, err
	}
	return g.Current(i, now)
}

// keyed is who has an API key.
func (g *Gate) keyed(hash string) (*identity.Identity, error) {
	if g.keys != nil {
		if i := g.keys.find(hash); i != nil {
			return i, nil
		}
	}
	return nil, identity.Unauthenticated("the API key is not known, or was taken back")
}

// Epoch is identity.Gate's.
func (g *Gate) Epoch() uint64 { return g.epoch.Load() }

// Current is identity.Gate's.
func (g *Gate) Current(i *identity.Identity, now time.Time) (*identity.Identity, error) {
	if i.Key != "" {
		var err error
		if i, err = g.keyed(i.Key); err != nil {
			return nil, err
		}
	}
	switch {
	case !i.At(now):
		return nil, identity.Unauthenticated("the token has expired")
	case i.User != "" && g.revoked.Void(i.User, i.Issued):
		return nil, identity.Unauthenticated("the user was revoked after the token was issued")
	}
	return i, nil
}

// Revoke voids what was issued to a user until a time.
func (g *Gate) Revoke(user string, until time.Time) {
	g.revoked.Add(user, until)
	g.changed()
}

// RevokedUntil is the time up to which what was issued to a user is void; zero: none is.
func (g *Gate) RevokedUntil(user string) time.Time { return g.revoked.Until(user) }

func (g *Gate) changed() {
	g.epoch.Add(1)
	if g.config.Changed != nil {
		g.config.Changed()
	}
}

// Status of the keys, for those who look after the server.
type Status struct {
	// Algorithms of the keys that are in files.
	Algorithms []string
	// Keys at a URL; nil: there is none.
	Keys *KeysStatus
	// APIKeys that hold, and what is wrong with the file now.
	APIKeys    int
	APIKeysErr error
}

// Status is how it stands now.
func (g *Gate) Status() Status {
	s := Status{Algorithms: algorithmsOf(g.tokens.static)}
	if g.tokens.remote != nil {
		keys := g.tokens.remote.status()
		s.Keys = &keys
	}
	if g.keys != nil {
		s.APIKeys, s.APIKeysErr = g.keys.status()
	}
	return s
}
