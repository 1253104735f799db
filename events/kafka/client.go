package kafka

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// How long one attempt may take.
const (
	dialTimeout    = 3 * time.Second
	requestTimeout = 10 * time.Second
)

// options of every client of franz-go: who we are and how long things may take.
func (c *Config) options() ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.ClientID("outcry"),
		kgo.SeedBrokers(c.Brokers...),
		kgo.RetryTimeout(requestTimeout),
		kgo.RetryBackoffFn(backoff),
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
	config, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	if config != nil {
		d := &net.Dialer{Timeout: dialTimeout}
		opts = append(opts, kgo.DialTLSConfig(config), kgo.DialTimeout(d.Timeout))
	} else {
		opts = append(opts, kgo.DialTimeout(dialTimeout))
	}
	switch c.SASL.Mechanism {
	case plainMechanism:
		opts = append(opts, kgo.SASL(plain.Auth{User: c.SASL.User, Pass: c.SASL.Password}.AsMechanism()))
	case scram256:
		opts = append(opts, kgo.SASL(scram.Auth{User: c.SASL.User, Pass: c.SASL.Password}.AsSha256Mechanism()))
	case scram512:
		opts = append(opts, kgo.SASL(scram.Auth{User: c.SASL.User, Pass: c.SASL.Password}.AsSha512Mechanism()))
	}
	return opts, nil
}

// backoff before the n-th try: 50 ms, doubled up to 2 s.
func backoff(n int) time.Duration {
	return min(50*time.Millisecond<<min(max(n-1, 0), 6), 2*time.Second)
}

// connect makes a client and talks to the first broker that answers. Each is
// asked once: whoever starts a server wants to know what is wrong, not to wait.
func (c *Config) connect(ctx context.Context, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := c.options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("setting up a client of Kafka: %w", err)
	}
	var faults []error
	for i, broker := range client.SeedBrokers() {
		ask, cancel := context.WithTimeout(ctx, max(c.OpenTimeout/time.Duration(len(c.Brokers)), time.Second))
		_, err := broker.Request(ask, kmsg.NewPtrMetadataRequest())
		cancel()
		if err == nil {
			return client, nil
		}
		faults = append(faults, fmt.Errorf("asking the broker at %s: %w", c.Brokers[i], advise(err)))
	}
	client.Close()
	return nil, errors.Join(faults...)
}

// advice is an error with what to do about it.
type advice struct {
	err error
	do  string
}

func (a *advice) Error() string { return a.err.Error() + ": " + a.do }
func (a *advice) Unwrap() error { return a.err }

// advise says what to do about an error of connecting, where that is known.
func advise(err error) error {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		op       *net.OpError
		eof      *kgo.ErrFirstReadEOF
	)
	text := err.Error()
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed) || errors.Is(err, kerr.IllegalSaslState):
		return &advice{err, "check user, password and mechanism (--kafka-user, --kafka-sasl)"}
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return &advice{err, "the broker knows other mechanisms (--kafka-sasl)"}
	case errors.As(err, &unknown):
		return &advice{err, "give the CA that signed the broker's certificate (--kafka-tls-ca)"}
	case errors.As(err, &hostname):
		return &advice{err, "give the name that is in the broker's certificate (--kafka-tls-server-name)"}
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return &advice{err, "the broker speaks no TLS at this port (--kafka-tls=false, or another port)"}
	case strings.Contains(text, "remote error: tls:") && strings.Contains(text, "certificate"):
		return &advice{err, "the broker wants a certificate that it knows (--kafka-tls-cert, --kafka-tls-key)"}
	case errors.As(err, &eof) || errors.Is(err, io.EOF) || strings.Contains(text, "invalid large response size"):
		return &advice{err, "the broker hung up: check TLS (--kafka-tls), user, password and mechanism (--kafka-user, --kafka-sasl)"}
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &op):
		return &advice{err, "check the address (--kafka), TLS (--kafka-tls), and that the broker runs"}
	}
	return err
}
