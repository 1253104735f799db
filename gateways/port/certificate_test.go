package port

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
)

// served is a port over TLS that answers "hello".
type served struct {
	*Certificate
	address string
	log     *bytes.Buffer
}

// pairIn makes a self-signed pair in a folder of its own.
func pairIn(t *testing.T) (cert, key string) {
	t.Helper()
	cert, key, _, err := SelfSigned(t.TempDir(), []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func serveTLS(t *testing.T, cert, key string) *served {
	t.Helper()
	s := &served{log: &bytes.Buffer{}}
	var err error
	if s.Certificate, err = LoadCertificate(cert, key, slog.New(slog.NewTextHandler(s.log, nil))); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), s.Certificate)
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	s.address = l.Addr().String()
	return s
}

// ask for the page.
func (s *served) ask(t *testing.T, c *http.Client) (*http.Response, error) {
	t.Helper()
	r, err := c.Get("https://" + s.address)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || string(text) != "hello" {
		t.Fatalf("answered %q, %v", text, err)
	}
	return r, r.Body.Close()
}

// trusting nobody but the certificate in a file.
func trusting(t *testing.T, cert string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in it")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func replace(t *testing.T, path, with string) {
	t.Helper()
	text, err := os.ReadFile(with)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: a certificate that was renewed on disk expires in memory, or
// a renewal cuts everybody off.
func TestANewCertificateIsShownAndConnectionsStay(t *testing.T) {
	cert, key := pairIn(t)
	s := serveTLS(t, cert, key)
	before := trusting(t, cert)
	if r, err := s.ask(t, before); err != nil || r.ProtoMajor != 2 {
		t.Fatalf("answered %v, %v", r, err)
	}
	newCert, newKey := pairIn(t)
	replace(t, cert, newCert)
	s.look() // between the two files
	s.look()
	replace(t, key, newKey)
	s.look()
	if _, err := s.ask(t, before); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
	if _, err := s.ask(t, trusting(t, newCert)); err != nil {
		t.Errorf("a new connection: %v", err)
	}
	if n := strings.Count(s.log.String(), "old one stays"); n != 1 {
		t.Errorf("that the pair did not fit was told %d times: %s", n, s.log)
	}
}

// Breaks for users: one bad file on disk, and nobody can connect any more.
func TestABadCertificateIsToldOnceAndTheOldStays(t *testing.T) {
	cert, key := pairIn(t)
	keep, _ := pairIn(t)
	s := serveTLS(t, cert, key)
	replace(t, keep, cert)
	if err := os.WriteFile(cert, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		s.look()
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		s.look()
	}
	if n := strings.Count(s.log.String(), "old one stays"); n != 2 {
		t.Errorf("told %d times: %s", n, s.log)
	}
	if _, err := s.ask(t, trusting(t, keep)); err != nil {
		t.Error(err)
	}
}

// Breaks for users: a client of an age whose protocols are broken would be served by them.
func TestOldProtocolsAreRefused(t *testing.T) {
	cert, key := pairIn(t)
	s := serveTLS(t, cert, key)
	for version, served := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != served {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

// Breaks for users: trust that was given to a trial's certificate is void after every restart.
func TestASelfSignedCertificateIsKeptWhileItIsGood(t *testing.T) {
	folder := t.TempDir()
	_, key, print1, err := SelfSigned(folder, []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, again, err := SelfSigned(folder, []string{"localhost"}); err != nil || again != print1 || len(print1) != 32*3-1 {
		t.Errorf("%s, then %s, %v", print1, again, err)
	}
	if _, _, other, err := SelfSigned(folder, []string{"localhost", "desk.example"}); err != nil || other == print1 {
		t.Errorf("for another host it is the same: %v", err)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("everybody may read the key: %v, %v", info, err)
	}
}
