package signin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"outcry/gateways/identity"
)

// Claims of a token that Mint makes.
type Claims struct {
	User   string
	Grants map[string][]string
	// Issuer and Audience; empty: none.
	Issuer, Audience string
	Issued           time.Time
	// Life is how long it holds.
	Life time.Duration
	// KeyID names the key; empty: it is not named.
	KeyID string
	// GrantsClaim is Config's.
	GrantsClaim string
}

// Mint signs a token. material is a secret of at least 32 bytes (HS256) or the PEM
// of a private key: RSA, EC on P-256 or Ed25519. It is for trying things out and
// for systems of one machine; people of a house are signed in by their identity provider.
func Mint(material []byte, c Claims) (string, error) {
	if err := validUser(c.User); err != nil {
		return "", fmt.Errorf("the user: %w", err)
	}
	if _, err := identity.ParseGrants(c.Grants); err != nil {
		return "", err
	}
	if c.Life <= 0 || c.Life > lifeMost {
		return "", fmt.Errorf("a life of %s: more than 0 and at most ten years are possible", c.Life)
	}
	if c.GrantsClaim == "" {
		c.GrantsClaim = "outcry"
	}
	signing, err := signingKey(material)
	if err != nil {
		return "", err
	}
	options := &jose.SignerOptions{}
	options.WithType("JWT")
	if c.KeyID != "" {
		options.WithHeader("kid", c.KeyID)
	}
	signer, err := jose.NewSigner(signing, options)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	standard := jwt.Claims{Subject: c.User, Issuer: c.Issuer, IssuedAt: jwt.NewNumericDate(c.Issued), Expiry: jwt.NewNumericDate(c.Issued.Add(c.Life))}
	if c.Audience != "" {
		standard.Audience = jwt.Audience{c.Audience}
	}
	text, err := jwt.Signed(signer).Claims(standard).Claims(map[string]any{c.GrantsClaim: c.Grants}).Serialize()
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return text, nil
}

// signingKey pins the algorithm as the gate does that checks.
func signingKey(material []byte) (jose.SigningKey, error) {
	block, _ := pem.Decode(material)
	if block == nil {
		secret := Secret(material)
		k, err := newKey("", secret)
		return jose.SigningKey{Algorithm: k.algorithm, Key: secret}, err
	}
	private, err := privateOf(block)
	if err != nil {
		return jose.SigningKey{}, err
	}
	k, err := newKey("", private.Public())
	return jose.SigningKey{Algorithm: k.algorithm, Key: private}, err
}

func privateOf(block *pem.Block) (crypto.Signer, error) {
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a %s is in the file: a private key is needed to sign", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("the private key is neither RSA, EC nor Ed25519")
}

// NewSecret makes one, as it stands in a file.
func NewSecret() []byte {
	var random [32]byte
	rand.Read(random[:]) // never fails
	return append([]byte(hex.EncodeToString(random[:])), '\n')
}

// Secret is what a file of one holds: the line ends that editors write do not belong to it.
func Secret(text []byte) []byte {
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	return text
}
