package signin

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"outcry/gateways/identity"
)

// Breaks for users: an identity provider's tokens are not taken.
func TestEachAlgorithmIsTaken(t *testing.T) {
	g := gate(t, Config{Secret: secret, PublicKeys: publicPEM(t, "RS256", "ES256", "EdDSA")})
	set := gate(t, Config{PublicKeys: jwks(t, "RS256", "ES256", "EdDSA")})
	for name, material := range map[string][]byte{"HS256": secret, "RS256": pairs()["RS256"].private, "ES256": pairs()["ES256"].private, "EdDSA": pairs()["EdDSA"].private} {
		t.Run(name, func(t *testing.T) {
			c := claims()
			i := admitted(t, g, mint(t, material, c))
			if i.User != "ann" || !i.May(identity.See, "ACME") || i.May(identity.See, "OTHER") || i.May(identity.Post, "ACME") || i.NamesItself {
				t.Errorf("%+v", i)
			}
			if end := i.Expires.Sub(c.Issued); end < time.Hour || end > time.Hour+31*time.Second || i.Issued.Unix() != c.Issued.Unix() {
				t.Errorf("holds from %v for %v", i.Issued, end)
			}
			if name != "HS256" {
				c.KeyID = name
				admitted(t, set, mint(t, material, c))
				c.KeyID = "another"
				refusedWith(t, set, mint(t, material, c), unauthenticated)
			}
		})
	}
}

// Breaks for users: anybody signs in as anybody, by one of the known tricks with a token's head.
func TestNobodyForgesAToken(t *testing.T) {
	g := gate(t, Config{Secret: secret, PublicKeys: publicPEM(t, "RS256", "ES256")})
	public := pairs()["RS256"].public.(*rsa.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"sub":"root","exp":%d,"outcry":{"admin":["*"]}}`, time.Now().Add(time.Hour).Unix())
	good := mint(t, pairs()["RS256"].private, claims())
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	own, err := json.Marshal(map[string]any{"alg": "RS256", "jwk": json.RawMessage(strings.Trim(string(jwks(t, "other"))[len(`{"keys":[`):], "]}") + "}")})
	if err != nil {
		t.Fatal(err)
	}
	otherParts := strings.Split(mint(t, pairs()["other"].private, claims()), ".")
	for name, token := range map[string]string{
		"none":                       raw(`{"alg":"none"}`, body, nil),
		"None":                       raw(`{"alg":"None"}`, body, nil),
		"no algorithm":               raw(`{"typ":"JWT"}`, body, nil),
		"none with a signature":      raw(`{"alg":"none"}`, body, secret),
		"HS256 with the public PEM":  raw(`{"alg":"HS256"}`, body, publicPEM(t, "RS256")),
		"HS256 with the public DER":  raw(`{"alg":"HS256"}`, body, der),
		"HS256 with the modulus":     raw(`{"alg":"HS256"}`, body, public.N.Bytes()),
		"HS256 with nothing":         raw(`{"alg":"HS256"}`, body, []byte{}),
		"HS512 with the secret":      raw(`{"alg":"HS512"}`, body, secret),
		"another key":                mint(t, pairs()["other"].private, claims()),
		"a key that it brings":       encode(own) + "." + otherParts[1] + "." + otherParts[2],
		"another body":               parts[0] + "." + encode([]byte(body)) + "." + parts[2],
		"no signature":               parts[0] + "." + parts[1] + ".",
		"a bit of the signature":     good[:len(good)-4] + "AAAA",
		"two parts":                  parts[0] + "." + parts[1],
		"nothing":                    ".",
		"JSON":                       `{"payload":"","signatures":[]}`,
		"too long":                   good + strings.Repeat("A", tokenBytes),
		"a secret's own file's name": "file:///etc/passwd",
	} {
		t.Run(name, func(t *testing.T) { refusedWith(t, g, token, unauthenticated) })
	}
	admitted(t, g, good)
}

// Breaks for users: with a public key alone, the secret that nobody set is the empty one.
func TestWithoutASecretNoHS256(t *testing.T) {
	g := gate(t, Config{PublicKeys: publicPEM(t, "RS256")})
	body := fmt.Sprintf(`{"sub":"root","exp":%d}`, time.Now().Add(time.Hour).Unix())
	for _, key := range [][]byte{{}, publicPEM(t, "RS256"), []byte("secret")} {
		refusedWith(t, g, raw(`{"alg":"HS256"}`, body, key), unauthenticated)
	}
}

// Breaks for users: a token goes on after its end, or one of another service is taken.
func TestClaimsAreChecked(t *testing.T) {
	g := gate(t, Config{Secret: secret, Issuer: "https://id.example", Audience: "outcry"})
	good := claims()
	good.Issuer, good.Audience = "https://id.example", "outcry"
	admitted(t, g, mint(t, secret, good))
	change := func(f func(*Claims)) string {
		c := good
		f(&c)
		return mint(t, secret, c)
	}
	now := time.Now().Unix()
	body := func(format string, args ...any) string {
		return raw(`{"alg":"HS256"}`, fmt.Sprintf(`{"iss":"https://id.example","aud":["x","outcry"],`+format+`}`, args...), secret)
	}
	admitted(t, g, change(func(c *Claims) { c.Issued = time.Now().Add(-time.Hour - 10*time.Second) })) // clocks differ
	admitted(t, g, body(`"sub":"ann","exp":%d`, now+60))
	for name, c := range map[string]struct{ token, says string }{
		"expired":          {change(func(c *Claims) { c.Issued = time.Now().Add(-2 * time.Hour) }), "expired"},
		"not yet":          {body(`"sub":"ann","exp":%d,"nbf":%d`, now+600, now+300), "does not hold yet"},
		"of the future":    {change(func(c *Claims) { c.Issued = time.Now().Add(time.Hour) }), "does not hold yet"},
		"another issuer":   {change(func(c *Claims) { c.Issuer = "https://other.example" }), "issuer"},
		"no issuer":        {change(func(c *Claims) { c.Issuer = "" }), "issuer"},
		"another audience": {change(func(c *Claims) { c.Audience = "mail" }), "aud"},
		"no end":           {body(`"sub":"ann"`), "no exp"},
		"an end far away":  {body(`"sub":"ann","exp":%d`, now+60*60*24*366*20), "too far"},
		"no user":          {body(`"exp":%d`, now+60), `"sub"`},
		"a user's number":  {body(`"sub":7,"exp":%d`, now+60), "claims"},
		"no user's name":   {body(`"sub":"a b","exp":%d`, now+60), `"sub"`},
		"the server":       {body(`"sub":"outcry","exp":%d`, now+60), `"sub"`},
		"no list":          {body(`"sub":"ann","exp":%d,"outcry":{"see":"*"}`, now+60), "object of lists"},
		"an unknown verb":  {body(`"sub":"ann","exp":%d,"outcry":{"look":["*"]}`, now+60), "the verbs are"},
		"a wrong pattern":  {body(`"sub":"ann","exp":%d,"outcry":{"see":["a b"]}`, now+60), "pattern"},
	} {
		if err := refusedWith(t, g, c.token, unauthenticated); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Breaks for users: an identity provider that knows nothing of Outcry can't be used, or gives everything away.
func TestTokensWithoutGrantsGetTheDefault(t *testing.T) {
	see, err := identity.ParseGrants(map[string][]string{"see": {"*"}})
	if err != nil {
		t.Fatal(err)
	}
	token := raw(`{"alg":"HS256"}`, fmt.Sprintf(`{"email":"ann","exp":%d}`, time.Now().Add(time.Minute).Unix()), secret)
	if i := admitted(t, gate(t, Config{Secret: secret, UserClaim: "email", Default: see}), token); i.User != "ann" || !i.MayAll(identity.See) || i.MayAll(identity.Post) {
		t.Errorf("%+v", i)
	}
	if i := admitted(t, gate(t, Config{Secret: secret, UserClaim: "email"}), token); i.May(identity.See, "ACME") {
		t.Errorf("%+v", i)
	}
}

// Breaks for users: people without a token are let in where that was never said, or not where it was.
func TestAnonymousPeopleOnlyWhereConfigured(t *testing.T) {
	see, err := identity.ParseGrants(map[string][]string{"see": {"ACME"}})
	if err != nil {
		t.Fatal(err)
	}
	refusedWith(t, gate(t, Config{Secret: secret}), "", unauthenticated)
	i := admitted(t, gate(t, Config{Secret: secret, Anonymous: see}), "")
	if i.User != "" || !i.May(identity.See, "ACME") || i.May(identity.See, "OTHER") || i.May(identity.Post, "ACME") {
		t.Errorf("%+v", i)
	}
}

// Breaks for users: a server starts with keys that protect nothing.
func TestWeakAndWrongKeysAreRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"a short secret":   {Secret: []byte("secret")},
		"nothing":          {},
		"a private key":    {PublicKeys: pairs()["RS256"].private},
		"no key":           {PublicKeys: []byte("hello")},
		"an empty set":     {PublicKeys: []byte(`{"keys":[]}`)},
		"a published one":  {PublicKeys: []byte(`{"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}`)},
		"an open URL":      {JWKS: "http://id.example/keys"},
		"no URL":           {JWKS: "keys"},
		"no file of keys":  {APIKeys: t.TempDir() + "/none"},
		"a short RSA key":  {PublicKeys: []byte("-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALXZhMrIJ9ZVPqQh0k+1TkqJ5VpGJ9Qe\nmD9yq1nB1n1iJmJDxGm1V8n9GQmYh7PjT7a3M7t9w8Q7hYhW2rY4d28CAwEAAQ==\n-----END PUBLIC KEY-----\n")},
		"an unreadable EC": {PublicKeys: []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// FuzzSignIn: whatever comes as a token gives a refusal, no panic, and nobody is let in.
func FuzzSignIn(f *testing.F) {
	g := gate(f, Config{Secret: secret, PublicKeys: publicPEM(f, "RS256", "ES256", "EdDSA")})
	f.Add(mint(f, []byte("another secret of thirty-two bytes"), claims()))
	f.Add(raw(`{"alg":"none"}`, `{"sub":"x","exp":99999999999}`, nil))
	f.Add("outcry_ABC")
	f.Fuzz(func(t *testing.T, token string) {
		if token == "" {
			return
		}
		if i, err := g.SignIn(t.Context(), token); err == nil {
			t.Fatalf("%+v was let in by %q", i, token)
		} else if _, ok := identity.CodeOf(err); !ok {
			t.Fatalf("an error without a code: %v", err)
		}
	})
}

// What a new connection costs, apart from the network.
func BenchmarkSignIn(b *testing.B) {
	g := gate(b, Config{Secret: secret, PublicKeys: publicPEM(b, "RS256", "ES256", "EdDSA")})
	for name, material := range map[string][]byte{"HS256": secret, "RS256": pairs()["RS256"].private, "ES256": pairs()["ES256"].private, "EdDSA": pairs()["EdDSA"].private} {
		token := mint(b, material, claims())
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.SignIn(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
