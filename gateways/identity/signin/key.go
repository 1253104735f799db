package signin

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
)

const (
	keysMost   = 64 // of one set
	secretLong = 32 // bytes a secret must have at least, as HS256 wants it
	rsaBits    = 2048
)

// algorithms that tokens may be signed with.
var algorithms = []jose.SignatureAlgorithm{jose.HS256, jose.RS256, jose.ES256, jose.EdDSA}

// key checks signatures of one algorithm.
type key struct {
	id        string // empty: no token names it
	algorithm jose.SignatureAlgorithm
	material  any
}

// fits says whether a token with that head may be signed by the key.
func (k *key) fits(id string, algorithm jose.SignatureAlgorithm) bool {
	return k.algorithm == algorithm && (k.id == "" || id == "" || k.id == id)
}

// newKey pins the algorithm to the key's type. Nothing that the token says can change it.
func newKey(id string, material any) (key, error) {
	switch m := material.(type) {
	case []byte:
		if len(m) < secretLong {
			return key{}, fmt.Errorf("a secret of %d bytes: at least %d are needed; outcry token makes one", len(m), secretLong)
		}
		return key{id, jose.HS256, m}, nil
	case *rsa.PublicKey:
		if m.N.BitLen() < rsaBits {
			return key{}, fmt.Errorf("an RSA key of %d bits: at least %d are needed", m.N.BitLen(), rsaBits)
		}
		return key{id, jose.RS256, m}, nil
	case *ecdsa.PublicKey:
		if m.Curve != elliptic.P256() {
			return key{}, fmt.Errorf("an EC key on %s: P-256 is needed", m.Curve.Params().Name)
		}
		return key{id, jose.ES256, m}, nil
	case ed25519.PublicKey:
		return key{id, jose.EdDSA, m}, nil
	}
	return key{}, fmt.Errorf("a key of type %T: RSA, EC (P-256) and Ed25519 are possible", material)
}

var errNoKeys = errors.New("no key that tokens could be checked with is in it")

// parseJWKS takes the public keys that sign with an algorithm of ours; others
// (for encryption, of other algorithms, secrets that were published) are left out.
func parseJWKS(text []byte) ([]key, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("it is no JSON Web Key Set: %w", err)
	}
	if len(set.Keys) > keysMost {
		return nil, fmt.Errorf("it has %d keys, at most %d are possible", len(set.Keys), keysMost)
	}
	var keys []key
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Use != "" && k.Use != "sig" {
			continue
		}
		made, err := newKey(k.KeyID, k.Key)
		if err != nil || k.Algorithm != "" && k.Algorithm != string(made.algorithm) {
			continue
		}
		keys = append(keys, made)
	}
	if len(keys) == 0 {
		return nil, errNoKeys
	}
	return keys, nil
}

// parsePublic takes what is in a key file: PEM of public keys or certificates, or a JWKS.
func parsePublic(text []byte) ([]key, error) {
	if block, _ := pem.Decode(text); block == nil {
		return parseJWKS(text)
	}
	var keys []key
	for len(keys) <= keysMost {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		material, err := publicOf(block)
		if err != nil {
			return nil, err
		}
		k, err := newKey("", material)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) > keysMost {
		return nil, fmt.Errorf("it has more than %d keys", keysMost)
	}
	return keys, nil
}

func publicOf(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		k, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading a public key: %w", err)
		}
		return k, nil
	case "RSA PUBLIC KEY":
		k, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading a public key: %w", err)
		}
		return k, nil
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading a certificate: %w", err)
		}
		return c.PublicKey, nil
	}
	return nil, fmt.Errorf("a %s is in it: public keys or certificates are wanted, never a private key", block.Type)
}
