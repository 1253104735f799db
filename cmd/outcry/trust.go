package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

// trust says which certificates of a server a command takes.
type trust struct {
	ca     string
	anyone bool
}

func (t *trust) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.ca, "ca", os.Getenv("OUTCRY_CA"), "PEM file of who vouches for the server's certificate, beside the system's authorities")
	cmd.Flags().BoolVar(&t.anyone, "insecure-skip-verify", false, "take any certificate: whoever is on the way can read and change everything")
}

// connections to the server: HTTP and WebSocket. With --data a certificate
// that the server made for itself is trusted, since the folder says which.
func (a *address) connections() (*http.Transport, error) {
	ca := a.ca
	if ca == "" && a.server == "" && a.data != "" {
		f, err := readServerFile(a.data)
		if err != nil {
			return nil, err
		}
		ca = f.CA
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: a.anyone}
	if ca == "" {
		return transport, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's authorities: %w", err)
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("reading who vouches for the server: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", ca)
	}
	transport.TLSClientConfig.RootCAs = roots
	return transport, nil
}

// untrusted adds to an error of a certificate what one can do about it.
func untrusted(err error) error {
	var refused *tls.CertificateVerificationError
	if !errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("the server's certificate is not trusted: name who vouches for it with --ca FILE; one that a server made for itself is tls-self-signed.pem in its data folder, and --data DIR trusts it (%w)", err)
}
