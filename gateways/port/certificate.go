package port

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// lookEvery is how often a certificate's files are looked at.
const lookEvery = 5 * time.Second

// Certificate is what the port shows over TLS: read from PEM files, and again
// when they change. Connections keep what they began with. Safe for many goroutines.
type Certificate struct {
	cert, key string
	logger    *slog.Logger
	shown     atomic.Pointer[tls.Certificate]
	// Run's:
	read    [sha256.Size]byte // what was read last, good or bad
	refused error             // of it, until it is told
}

// LoadCertificate reads a certificate, with those of its authorities behind it, and its key.
func LoadCertificate(cert, key string, logger *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, logger: logger}
	content, err := c.content()
	if err == nil {
		c.read = content.sum()
		err = c.show(content)
	}
	if err != nil {
		return nil, fmt.Errorf("loading the certificate: %w", err)
	}
	return c, nil
}

// TLS is for a server: TLS 1.2 or newer.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return c.shown.Load(), nil
	}}
}

// Run looks at the files until ctx ends.
func (c *Certificate) Run(ctx context.Context) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			c.look()
		}
	}
}

// look shows what the files have now, if that is new and good. What is bad is
// told when it stands for a second look: between two files that are replaced one
// after the other is nothing to tell.
func (c *Certificate) look() {
	content, err := c.content()
	sum := content.sum()
	switch {
	case sum != c.read:
		c.read, c.refused = sum, err
		if err == nil {
			c.refused = c.show(content)
		}
	case c.refused != nil:
		c.logger.Error("the new certificate cannot be used; the old one stays", "cert", c.cert, "key", c.key, "error", c.refused)
		c.refused = nil
	}
}

func (c *Certificate) show(content pair) error {
	made, err := tls.X509KeyPair(content.cert, content.key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", c.cert, c.key, err)
	}
	c.shown.Store(&made)
	ends := made.Leaf.NotAfter
	if time.Now().After(ends) {
		c.logger.Warn("the certificate has expired; clients will refuse it", "cert", c.cert, "ended", ends)
	} else {
		c.logger.Info("certificate loaded", "cert", c.cert, "ends", ends)
	}
	return nil
}

// pair is what the two files hold.
type pair struct{ cert, key []byte }

// content is empty where a file cannot be read.
func (c *Certificate) content() (pair, error) {
	cert, err := os.ReadFile(c.cert)
	key, keyErr := os.ReadFile(c.key)
	if err = errors.Join(err, keyErr); err != nil {
		return pair{}, err
	}
	return pair{cert, key}, nil
}

func (p pair) sum() [sha256.Size]byte {
	cert, key := sha256.Sum256(p.cert), sha256.Sum256(p.key)
	return sha256.Sum256(append(cert[:], key[:]...))
}
