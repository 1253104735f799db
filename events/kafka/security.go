package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// The mechanisms of SASL.
const (
	plainMechanism  = "PLAIN"
	scram256        = "SCRAM-SHA-256"
	scram512        = "SCRAM-SHA-512"
	knownMechanisms = plainMechanism + ", " + scram256 + " and " + scram512
)

func (t *TLS) validate() error {
	var faults []error
	if !t.Enabled && (len(t.CA)+len(t.Cert)+len(t.Key) > 0 || t.ServerName != "") {
		faults = append(faults, errors.New("tls: it is set up and not enabled: --kafka-tls"))
	}
	if (len(t.Cert) == 0) != (len(t.Key) == 0) {
		faults = append(faults, errors.New("tls: certificate and key come together"))
	}
	if _, err := t.config(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// config is what crypto/tls needs, nil where TLS is off.
func (t *TLS) config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if len(t.CA) > 0 {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("tls: the CA's file holds no certificate in PEM")
		}
	}
	if len(t.Cert) > 0 && len(t.Key) > 0 {
		pair, err := tls.X509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("tls: reading certificate and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func (s *SASL) validate() error {
	var faults []error
	switch s.Mechanism {
	case "":
		if s.User != "" || s.Password != "" {
			faults = append(faults, fmt.Errorf("sasl: a user without a mechanism; there are %s", knownMechanisms))
		}
	case plainMechanism, scram256, scram512:
		if s.User == "" {
			faults = append(faults, errors.New("sasl: a user is needed to sign in"))
		}
	default:
		faults = append(faults, fmt.Errorf("sasl: mechanism %q; there are %s", s.Mechanism, knownMechanisms))
	}
	return errors.Join(faults...)
}
