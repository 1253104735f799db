package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"outcry/projections"
	"outcry/projections/scylla"
)

// scyllaConfig is what the settings say of the rows in ScyllaDB, with all faults at once.
func (c *config) scyllaConfig() (scylla.Config, error) {
	s := &c.scylla
	password, passwordErr := s.password.read()
	secured, tlsErr := s.tls.config()
	config := scylla.Config{
		Hosts: s.hosts, Keyspace: s.keyspace, Datacenter: s.datacenter, Replication: s.replication, AcceptWeak: c.acceptWeak,
		Username: s.user, Password: password, TLS: secured, BlockWindow: s.blockWindow, BlockTTL: s.blockTTL, Logger: c.logger,
	}
	if err := errors.Join(c.fault("store.scylla.password_file", passwordErr), c.fault("store.scylla.tls.enabled", tlsErr)); err != nil {
		return config, err
	}
	return config, c.faultsOf("store.scylla", config.Validate())
}

// openScylla opens the rows of a log. id is the store that was used before;
// empty takes any, and makes keyspace and tables where they are not.
func openScylla(ctx context.Context, c *config, lineage, id string) (projections.Store, error) {
	config, err := c.scyllaConfig()
	if err != nil {
		return nil, err
	}
	config.Lineage, config.Identity = lineage, id
	s, err := scylla.Open(ctx, config)
	switch {
	case errors.Is(err, scylla.ErrCluster):
		return nil, fmt.Errorf("--scylla %v: %w; to fold the rows anew into this keyspace start once with --new-store", c.scylla.hosts, err)
	case err != nil:
		return nil, fmt.Errorf("--scylla %v: %w", c.scylla.hosts, err)
	}
	return s, nil
}

// config is nil where TLS is off.
func (t *tlsSettings) config() (*tls.Config, error) {
	if !t.enabled {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.serverName}
	ca, err := readPEM(t.ca)
	if err != nil {
		return nil, err
	}
	if len(ca) > 0 {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", t.ca)
		}
	}
	if t.cert != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return nil, fmt.Errorf("reading certificate and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// storeID is the id of a store that has one; SQLite's file is in the data folder itself.
func storeID(s projections.Store) string {
	if named, ok := s.(interface{ Identity() string }); ok {
		return named.Identity()
	}
	return ""
}
