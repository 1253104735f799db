package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"

	"outcry/gateways/port"
)

// portTLS is how clients' connections are encrypted; zero is not at all.
type portTLS struct {
	cert, key  string
	selfSigned bool
}

func (c *config) checkPort() error {
	t := &c.tls
	var faults []error
	if (t.cert == "") != (t.key == "") {
		faults = append(faults, c.fault("tls.cert_file", errors.New("certificate and key come together")))
	}
	if t.selfSigned && t.cert != "" {
		faults = append(faults, c.fault("tls.self_signed", errors.New("there is a certificate already: give one of them")))
	}
	return errors.Join(faults...)
}

// portCertificate is the certificate that the port shows.
type portCertificate struct {
	*port.Certificate        // nil: plain text
	ca                string // its file, where it vouches for itself
	fingerprint       string
}

func (c *config) certificate() (s portCertificate, err error) {
	t := c.tls
	if t.selfSigned {
		if t.cert, t.key, s.fingerprint, err = port.SelfSigned(c.data, c.ownHosts()); err != nil {
			return s, err
		}
		s.ca = t.cert
	}
	if t.cert != "" {
		s.Certificate, err = port.LoadCertificate(t.cert, t.key, c.logger)
	}
	return s, err
}

// ownHosts are the names of this machine that a certificate of our own is good for.
func (c *config) ownHosts() []string {
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, c.allowHosts...)
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	if host, _, err := net.SplitHostPort(c.http); err == nil && host != "" && !slices.Contains(hosts, host) {
		hosts = append(hosts, host)
	}
	return hosts
}

func (s *portCertificate) scheme() string {
	if s.Certificate == nil {
		return "http://"
	}
	return "https://"
}

// serve serves until it fails or is closed.
func (s *portCertificate) serve(server *http.Server, l net.Listener) error {
	if s.Certificate == nil {
		return server.Serve(l)
	}
	return server.ServeTLS(l, "", "")
}

// follow reads the files again when they change, until ctx ends.
func (s *portCertificate) follow(ctx context.Context) {
	if s.Certificate != nil {
		s.Run(ctx)
	}
}

// said is the banner's line of it.
func (s *portCertificate) said() string {
	switch {
	case s.Certificate == nil:
		return "none"
	case s.ca == "":
		return "from files"
	}
	return "self-signed; clients: --ca " + s.ca + "\n               SHA-256 " + s.fingerprint
}
