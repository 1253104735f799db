package scylla

import (
	"errors"
	"testing"
	"time"

	"outcry/internal/engines"
)

// A wrong password must be told as that, in seconds, and not as a cluster that is away.
func TestAWrongPasswordIsToldAsOne(t *testing.T) {
	engines.Need(t)
	strict := engines.Start(t, engines.Options{Engine: engines.CassandraEngine,
		Settings: "authenticator: PasswordAuthenticator\nrole_manager: CassandraRoleManager"})
	c := Config{Hosts: strict.Addresses(), Replication: 1, AcceptWeak: true, Username: "cassandra", Password: "wrong"}
	for name, change := range map[string]func(*Config){
		"wrong password": func(*Config) {}, "no password": func(c *Config) { c.Username, c.Password = "", "" },
	} {
		other := c
		change(&other)
		start := time.Now()
		s, err := Open(t.Context(), other)
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrCredentials) || time.Since(start) > 10*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(start))
		}
	}
}
