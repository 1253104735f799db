package main

import (
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// newConfig has the defaults and knows all settings. docs/OPERATING.md
// documents each of them; a test compares.
func newConfig() *config {
	c := &config{}
	b := &settingsOf{config: c, flags: pflag.NewFlagSet("outcry", pflag.ContinueOnError)}
	b.flags.SortFlags = false
	c.common(b)
	c.limitSettings(b)
	c.stopSettings(b)
	c.logSettings(b)
	c.storeSettings(b)
	c.authSettings(b)
	c.portSettings(b)
	c.resumeSettings(b)
	return c
}

func (c *config) common(b *settingsOf) {
	b.text(&c.data, "data", "data", defaultData(), "folder of what this machine keeps")
	b.text(&c.logLevel, "log_level", "log-level", "info", "debug, info, warn or error")
	b.yes(&c.acceptWeak, "accept_weak", "accept-weak", false, "accept topics and keyspaces of fewer than 3 copies, or that may lose what was acknowledged")
	b.text(&c.http, "http.listen", "http", "127.0.0.1:8080", "address to serve HTTP and WebSocket on; only loopback where nobody signs in")
	b.list(&c.allowOrigins, "http.allow_origins", "allow-origin", "origins of other pages that may connect, such as https://desk.example")
	b.list(&c.allowHosts, "http.allow_hosts", "allow-host", "names under which people reach the server, where they sign in, such as outcry.example")
	b.text(&c.admin, "admin.listen", "admin", "127.0.0.1:8081", "address of /metrics and /debug/pprof; empty: off")
	b.text(&c.telemetry.endpoint, "telemetry.otlp_endpoint", "otlp-endpoint", "", "URL of a collector that takes traces of posts by OTLP over HTTP, such as http://127.0.0.1:4318; empty: off")
	b.number(&c.telemetry.sample, "telemetry.sample_percent", "trace-sample", 100, "how many of a hundred commands are traced")
}

func (c *config) portSettings(b *settingsOf) {
	b.yes(&c.compress, "http.compress_websocket", "compress-websocket", false, "compress messages for WebSocket clients that offer permessage-deflate: fewer bytes for more processor time")
	b.text(&c.tls.cert, "tls.cert_file", "tls-cert", "", "serve TLS alone: PEM file of the certificate and those of its authorities; read again when it changes")
	b.text(&c.tls.key, "tls.key_file", "tls-key", "", "PEM file of its key")
	b.yes(&c.tls.selfSigned, "tls.self_signed", "tls-self-signed", false, "serve TLS alone, for trials: with a certificate that the server makes for itself and keeps in the data folder")
}

func (c *config) logSettings(b *settingsOf) {
	k := &c.kafka
	b.number(&c.partitions, "log.partitions", "partitions", 0, "partitions of each kind, fixed when the log is created; 0: 16 (64 in Kafka), or what the log has")
	b.number64(&c.logKeepBytes, "log.keep_bytes", "log-keep", 0, "bytes of the embedded log to keep at least; 0 keeps everything")
	b.list(&k.brokers, "log.kafka.brokers", "kafka", "keep the log in Kafka: HOST:PORT of some of its brokers")
	b.number(&k.replication, "log.kafka.replication", "kafka-replication", 3, "copies of each partition when topics are created")
	b.text(&k.topicPrefix, "log.kafka.topic_prefix", "kafka-prefix", "", "what stands before the names of all topics, so that several can share a cluster")
	b.duration(&k.publishFor, "log.kafka.publish_timeout", "kafka-publish-timeout", 2*time.Minute, "how long a record is tried before its senders are refused")
	b.text(&k.rack, "log.kafka.rack", "kafka-rack", "", "rack of this machine: read from replicas in it, which costs up to 0.5 s where little is written")
	b.tls(&k.tls, "log.kafka.tls", "kafka")
	b.text(&k.mechanism, "log.kafka.sasl.mechanism", "kafka-sasl", "", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; empty: no sign-in")
	b.login(&k.user, &k.password, "log.kafka.sasl", "kafka")
	b.list(&c.raw, "raw.kafka.brokers", "raw-kafka", "brokers of the topics that pipelines read; without it those of the log")
}

func (c *config) storeSettings(b *settingsOf) {
	s := &c.scylla
	b.number64(&c.storeQueue, "store.queue_bytes", "store-queue", 256<<20, "memory of the rows that wait for the store; beyond it they are dropped and folded again later")
	b.yes(&c.secondBars, "store.bars_1s", "store-bars-1s", true, "store bars of 1s; without, the newest 120 of each instrument are had from memory alone")
	b.list(&s.hosts, "store.scylla.hosts", "scylla", "keep the rows in ScyllaDB or Cassandra: HOST or HOST:PORT of some of its nodes")
	b.text(&s.keyspace, "store.scylla.keyspace", "scylla-keyspace", "outcry", "keyspace of the tables")
	b.text(&s.datacenter, "store.scylla.datacenter", "scylla-datacenter", "", "data centre of this machine; empty: the one of the first node that answers")
	b.number(&s.replication, "store.scylla.replication", "scylla-replication", 3, "copies of each row in a data centre when the keyspace is created")
	b.duration(&s.blockWindow, "store.scylla.block_window", "scylla-block-window", 24*time.Hour, "time window of tick blocks on disk, when the tables are made")
	b.duration(&s.blockTTL, "store.scylla.block_ttl", "scylla-block-ttl", 0, "how long tick blocks are kept, when the tables are made; 0: for ever")
	b.tls(&s.tls, "store.scylla.tls", "scylla")
	b.login(&s.user, &s.password, "store.scylla", "scylla")
}

// settingsOf gathers the settings of a config.
type settingsOf struct {
	config *config
	flags  *pflag.FlagSet
}

func (b *settingsOf) add(key, flag string) *setting {
	s := &setting{key: key, flag: flag, env: "OUTCRY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")),
		value: b.flags.Lookup(flag), origin: origin{what: "default"}}
	b.config.settings = append(b.config.settings, s)
	return s
}

func (b *settingsOf) text(p *string, key, flag, otherwise, usage string) {
	b.flags.StringVar(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (b *settingsOf) list(p *[]string, key, flag, usage string) {
	b.flags.StringSliceVar(p, flag, nil, usage)
	b.add(key, flag)
}

func (b *settingsOf) number(p *int, key, flag string, otherwise int, usage string) {
	b.flags.IntVar(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (b *settingsOf) number64(p *int64, key, flag string, otherwise int64, usage string) {
	b.flags.Int64Var(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (b *settingsOf) duration(p *time.Duration, key, flag string, otherwise time.Duration, usage string) {
	b.flags.DurationVar(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (b *settingsOf) yes(p *bool, key, flag string, otherwise bool, usage string) {
	b.flags.BoolVar(p, flag, otherwise, usage)
	b.add(key, flag)
}

func (b *settingsOf) tls(t *tlsSettings, key, flag string) {
	b.yes(&t.enabled, key+".enabled", flag+"-tls", false, "encrypt the connection to "+flag)
	b.text(&t.ca, key+".ca_file", flag+"-tls-ca", "", "PEM file of the authorities that "+flag+" is checked against; empty: the system's")
	b.text(&t.cert, key+".cert_file", flag+"-tls-cert", "", "PEM file of our certificate, where "+flag+" wants one")
	b.text(&t.key, key+".key_file", flag+"-tls-key", "", "PEM file of its key")
	b.text(&t.serverName, key+".server_name", flag+"-tls-server-name", "", "name that the certificate must have; empty: the host's")
}

// login has a password that is no flag: others see command lines.
func (b *settingsOf) login(user *string, password *secret, key, flag string) {
	b.text(user, key+".user", flag+"-user", "", "name to sign in to "+flag+" with")
	b.text(&password.value, key+".password", flag+"-password", "", "its password")
	s := b.config.settings[len(b.config.settings)-1]
	s.flag, s.secret = "", true
	b.text(&password.file, key+".password_file", flag+"-password-file", "", "file that holds its password")
}
