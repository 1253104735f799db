package port

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	selfSignedFor = 365 * 24 * time.Hour
	// renewBefore its end a certificate of our own is made anew at a start.
	renewBefore = 30 * 24 * time.Hour
)

// SelfSigned gives a certificate that vouches for itself, for trials, and where
// it lies: the one in the folder where it is good for all hosts for 30 days more, else a new one.
// Clients trust it by its file, or by its SHA-256 fingerprint.
func SelfSigned(folder string, hosts []string) (cert, key, fingerprint string, err error) {
	cert, key = filepath.Join(folder, "tls-self-signed.pem"), filepath.Join(folder, "tls-self-signed.key")
	der, ok := usable(cert, key, hosts)
	if !ok {
		if der, err = makeSelfSigned(cert, key, hosts); err != nil {
			return "", "", "", fmt.Errorf("making a certificate: %w", err)
		}
	}
	return cert, key, hexOf(sha256.Sum256(der)), nil
}

func usable(cert, key string, hosts []string) (der []byte, ok bool) {
	made, err := tls.LoadX509KeyPair(cert, key)
	if err != nil || time.Until(made.Leaf.NotAfter) < renewBefore {
		return nil, false // it is made anew
	}
	for _, host := range hosts {
		if made.Leaf.VerifyHostname(host) != nil {
			return nil, false
		}
	}
	return made.Certificate[0], true
}

func makeSelfSigned(cert, key string, hosts []string) (der []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	if der, err = x509.CreateCertificate(rand.Reader, template(hosts), template(hosts), &private.PublicKey, private); err != nil {
		return nil, err
	}
	if err := writePEM(key, "PRIVATE KEY", secret, 0o600); err != nil {
		return nil, err
	}
	return der, writePEM(cert, "CERTIFICATE", der, 0o644)
}

func template(hosts []string) *x509.Certificate {
	serial := make([]byte, 16)
	rand.Read(serial) // never fails
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: "Outcry, self-signed"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(selfSignedFor),
		IsCA: true, BasicConstraintsValid: true, // so that clients can name it as the authority that they trust
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
	return t
}

func writePEM(path, kind string, content []byte, mode os.FileMode) error {
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: kind, Bytes: content}); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), mode)
}

// hexOf writes AB:CD:…, as browsers and openssl do.
func hexOf(sum [sha256.Size]byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}
