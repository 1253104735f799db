package signin

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

const unauthenticated = outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED

// pair is a private key, as PEM, and its public one.
type pair struct {
	private []byte
	public  any
}

// pairs are made once: an RSA key takes a while.
var pairs = sync.OnceValue(func() map[string]pair {
	rsaKey, err1 := rsa.GenerateKey(rand.Reader, 2048)
	other, err2 := rsa.GenerateKey(rand.Reader, 2048)
	ec, err3 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	edPublic, ed, err4 := ed25519.GenerateKey(rand.Reader)
	all := map[string]pair{}
	for name, k := range map[string]struct{ private, public any }{"RS256": {rsaKey, &rsaKey.PublicKey}, "other": {other, &other.PublicKey},
		"ES256": {ec, &ec.PublicKey}, "EdDSA": {ed, edPublic}} {
		der, err := x509.MarshalPKCS8PrivateKey(k.private)
		if err != nil || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			panic("no keys")
		}
		all[name] = pair{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), k.public}
	}
	return all
})

// publicPEM is what a file of public keys holds.
func publicPEM(t testing.TB, names ...string) (text []byte) {
	t.Helper()
	for _, name := range names {
		der, err := x509.MarshalPKIXPublicKey(pairs()[name].public)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	}
	return text
}

// jwks is a key set with key ids like the names.
func jwks(t testing.TB, names ...string) []byte {
	t.Helper()
	set := jose.JSONWebKeySet{}
	for _, name := range names {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: pairs()[name].public, KeyID: name, Use: "sig"})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var secret = []byte("0123456789abcdef0123456789abcdef")

func gate(t testing.TB, c Config) *Gate {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func claims() Claims {
	return Claims{User: "ann", Grants: map[string][]string{"see": {"ACME"}}, Issued: time.Now(), Life: time.Hour}
}

func mint(t testing.TB, material []byte, c Claims) string {
	t.Helper()
	text, err := Mint(material, c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// raw makes a token by hand, signed by HMAC with any bytes, or not at all.
func raw(head, body string, key []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(head)) + "." + encode([]byte(body))
	if key == nil {
		return signed + "."
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func admitted(t testing.TB, g *Gate, token string) *identity.Identity {
	t.Helper()
	i, err := g.SignIn(t.Context(), token)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	return i
}

func refusedWith(t testing.TB, g *Gate, token string, want outcryv1.ErrorCode) error {
	t.Helper()
	i, err := g.SignIn(t.Context(), token)
	if code, _ := identity.CodeOf(err); code != want || i != nil {
		t.Errorf("%+v, %v (%v), want %v", i, err, code, want)
	}
	return err
}
