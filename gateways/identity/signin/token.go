package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"outcry/events"
	"outcry/gateways/identity"
)

const (
	tokenBytes = 8 << 10
	// triesMost signatures are checked for one token; more keys without an id than that make no sense.
	triesMost = 16
	// lifeMost is how long a token may hold: one that never ends is a mistake.
	lifeMost = 10 * 366 * 24 * time.Hour
)

// tokens checks JSON Web Tokens.
type tokens struct {
	config Config
	static []key
	remote *remote // nil: no URL
}

// read gives who a token says its bearer is, once its signature and times are checked.
func (t *tokens) read(ctx context.Context, text string, now time.Time) (*identity.Identity, error) {
	if len(text) > tokenBytes {
		return nil, identity.Unauthenticated("the token has more than %d bytes", tokenBytes)
	}
	token, err := jwt.ParseSigned(text, algorithms)
	if err != nil || len(token.Headers) != 1 {
		return nil, identity.Unauthenticated("it is neither an API key nor a token signed by HS256, RS256, ES256 or EdDSA")
	}
	var own map[string]json.RawMessage
	if err := t.verify(ctx, token, &own); err != nil {
		return nil, err
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil { // it was verified above
		return nil, identity.Unauthenticated("the token's claims have values that they cannot have: %v", err)
	}
	if err := t.validate(&claims, now); err != nil {
		return nil, err
	}
	return t.identity(&claims, own)
}

// verify finds the key that signed it and reads the claims.
func (t *tokens) verify(ctx context.Context, token *jwt.JSONWebToken, into *map[string]json.RawMessage) error {
	head := token.Headers[0]
	fits := func(k *key) bool { return k.fits(head.KeyID, jose.SignatureAlgorithm(head.Algorithm)) }
	var candidates []key
	for i := range t.static {
		if fits(&t.static[i]) {
			candidates = append(candidates, t.static[i])
		}
	}
	if t.remote != nil && head.Algorithm != string(jose.HS256) {
		found, err := t.remote.find(ctx, fits)
		if err != nil && len(candidates) == 0 {
			return err
		}
		candidates = append(candidates, found...)
	}
	for _, k := range candidates[:min(len(candidates), triesMost)] {
		if token.Claims(k.material, into) == nil {
			return nil
		}
	}
	if len(candidates) == 0 {
		return identity.Unauthenticated("no key is known for tokens of %s with the key id %q", head.Algorithm, short(head.KeyID))
	}
	return identity.Unauthenticated("the token's signature is not ours")
}

func short(text string) string { return text[:min(len(text), 64)] }

// validate checks times, issuer and audience.
func (t *tokens) validate(c *jwt.Claims, now time.Time) error {
	if c.Expiry == nil {
		return identity.Unauthenticated("the token has no exp: one that never ends is not taken")
	}
	expected := jwt.Expected{Issuer: t.config.Issuer, Time: now}
	if t.config.Audience != "" {
		expected.AnyAudience = jwt.Audience{t.config.Audience}
	}
	switch err := c.ValidateWithLeeway(expected, t.config.Leeway); {
	case errors.Is(err, jwt.ErrExpired):
		return identity.Unauthenticated("the token has expired")
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return identity.Unauthenticated("the token does not hold yet; is a clock wrong?")
	case errors.Is(err, jwt.ErrInvalidIssuer):
		return identity.Unauthenticated("the token's issuer is not the one that is trusted here")
	case errors.Is(err, jwt.ErrInvalidAudience):
		return identity.Unauthenticated("the token is for somebody else: aud")
	case err != nil:
		return identity.Unauthenticated("the token does not hold: %v", err)
	case c.Expiry.Time().Sub(now) > lifeMost:
		return identity.Unauthenticated("the token's exp is too far away")
	}
	return nil
}

// identity of claims that were checked.
func (t *tokens) identity(c *jwt.Claims, own map[string]json.RawMessage) (*identity.Identity, error) {
	user, err := t.userOf(own)
	if err != nil {
		return nil, err
	}
	grants, err := t.grantsOf(own)
	if err != nil {
		return nil, err
	}
	i := &identity.Identity{User: user, Grants: grants, Expires: c.Expiry.Time().Add(t.config.Leeway)}
	if c.IssuedAt != nil {
		i.Issued = c.IssuedAt.Time()
	}
	return i, nil
}

func (t *tokens) userOf(own map[string]json.RawMessage) (user string, err error) {
	if err := json.Unmarshal(own[t.config.UserClaim], &user); err != nil || user == "" {
		return "", identity.Unauthenticated("the token has no text %q, which names the user", t.config.UserClaim)
	}
	if err := validUser(user); err != nil {
		return "", identity.Unauthenticated("the token's %q: %v", t.config.UserClaim, err)
	}
	return user, nil
}

// validUser keeps the server's own name out of tokens and key files.
func validUser(user string) error {
	if len(user) > 128 || user == identity.System {
		return fmt.Errorf("%q: at most 128 bytes, and not %s", short(user), identity.System)
	}
	return events.ValidID(user)
}

// grantsOf a token without the claim are the default ones.
func (t *tokens) grantsOf(own map[string]json.RawMessage) (*identity.Grants, error) {
	text, ok := own[t.config.GrantsClaim]
	if !ok {
		return t.config.Default, nil
	}
	var byVerb map[string][]string
	if err := json.Unmarshal(text, &byVerb); err != nil {
		return nil, identity.Unauthenticated("the token's %q must be an object of lists: {\"see\": [\"*\"]}", t.config.GrantsClaim)
	}
	grants, err := identity.ParseGrants(byVerb)
	if err != nil {
		return nil, identity.Unauthenticated("the token's %q: %v", t.config.GrantsClaim, err)
	}
	return grants, nil
}

// algorithmsOf the keys, for those who look at how a server is set up.
func algorithmsOf(keys []key) (names []string) {
	for _, k := range keys {
		if name := string(k.algorithm); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
