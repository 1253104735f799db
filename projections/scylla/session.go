package scylla

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
)

// place is where a session is.
type place struct {
	cluster    string
	datacenter string
	nodes      int // of that data centre
}

// connectTime bounds one connection; a wrong address must be told in seconds.
const connectTime = 4 * time.Second

// settings of the driver.
func (c *Config) cluster() *gocql.ClusterConfig {
	cluster := gocql.NewCluster(c.Hosts...)
	_, cluster.Port, _ = hostAndPort(c.Hosts[0]) // Validate has looked
	cluster.ProtoVersion = 4
	cluster.Timeout, cluster.WriteTimeout, cluster.ReadTimeout = c.Timeout, c.Timeout, max(2*c.Timeout, 11*time.Second)
	cluster.ConnectTimeout = min(connectTime, c.Timeout)
	cluster.Consistency, _ = consistency(c.Consistency)
	cluster.SerialConsistency = gocql.LocalSerial
	cluster.DefaultIdempotence = true
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 1} // on another node; Write has tries of its own
	cluster.ReconnectInterval = 5 * time.Second
	cluster.ReconnectionPolicy = &gocql.ConstantReconnectionPolicy{MaxRetries: 3, Interval: time.Second}
	cluster.MaxWaitSchemaAgreement = 30 * time.Second
	cluster.Logger = driverLog{c.Logger}
	if c.Username != "" {
		cluster.Authenticator = gocql.PasswordAuthenticator{Username: c.Username, Password: c.Password}
	}
	if c.TLS != nil {
		cluster.SslOpts = &gocql.SslOptions{Config: c.TLS.Clone(), EnableHostVerification: !c.TLS.InsecureSkipVerify}
	}
	return cluster
}

// connect finds the cluster's data centre and opens a session that stays in it.
func connect(ctx context.Context, c *Config) (gocqlx.Session, place, error) {
	at, err := probe(ctx, c)
	if err != nil {
		return gocqlx.Session{}, at, err
	}
	cluster := c.cluster()
	cluster.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.DCAwareRoundRobinPolicy(at.datacenter))
	session, err := open(ctx, c, cluster)
	return session, at, err
}

// open gives up when ctx ends; the driver knows no context here.
func open(ctx context.Context, c *Config, cluster *gocql.ClusterConfig) (gocqlx.Session, error) {
	type opened struct {
		session gocqlx.Session
		err     error
	}
	came := make(chan opened, 1)
	go func() {
		s, err := gocqlx.WrapSession(cluster.CreateSession())
		came <- opened{s, err}
	}()
	select {
	case o := <-came:
		if o.err != nil {
			return o.session, explainStart(c.Hosts, o.err)
		}
		return o.session, nil
	case <-ctx.Done():
		go func() { // bounded by the driver's own timeouts
			if o := <-came; o.err == nil {
				o.session.Close()
			}
		}()
		return gocqlx.Session{}, ctx.Err()
	}
}

// probe asks the first node that answers who it is.
func probe(ctx context.Context, c *Config) (at place, err error) {
	cluster := c.cluster()
	cluster.NumConns = 1
	session, err := open(ctx, c, cluster)
	if err != nil {
		return at, err
	}
	defer session.Close()
	var home string
	local := session.Query("SELECT cluster_name, data_center FROM system.local WHERE key = 'local'", nil).WithContext(ctx).Consistency(gocql.One)
	if err := local.Scan(&at.cluster, &home); err != nil {
		return at, fmt.Errorf("asking a node who it is: %w", explain(err))
	}
	centres := []string{home}
	peers := session.Query("SELECT data_center FROM system.peers", nil).WithContext(ctx).Consistency(gocql.One).Iter()
	for centre := ""; peers.Scan(&centre); {
		centres = append(centres, centre)
	}
	if err := peers.Close(); err != nil {
		return at, fmt.Errorf("asking a node for its peers: %w", explain(err))
	}
	at.datacenter = c.Datacenter
	if at.datacenter == "" {
		at.datacenter = home
	}
	for _, centre := range centres {
		if centre == at.datacenter {
			at.nodes++
		}
	}
	if at.nodes == 0 {
		slices.Sort(centres)
		return at, fmt.Errorf("%w: %q; it has %s", ErrDatacenter, at.datacenter, strings.Join(slices.Compact(centres), ", "))
	}
	return at, nil
}

// driverLog takes what the driver says; it says much that is no news.
type driverLog struct{ to *slog.Logger }

func (l driverLog) Print(v ...any)                 { l.say(fmt.Sprint(v...)) }
func (l driverLog) Printf(format string, v ...any) { l.say(fmt.Sprintf(format, v...)) }
func (l driverLog) Println(v ...any)               { l.say(fmt.Sprint(v...)) }
func (l driverLog) say(text string) {
	l.to.Debug("the store's driver says", "text", strings.TrimSpace(text))
}

var errNoRow = gocql.ErrNotFound

func missing(err error) bool { return errors.Is(err, errNoRow) }
