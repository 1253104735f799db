package kafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"outcry/events"
	"outcry/events/kafka"
)

// refused opens a log that must be refused soon, and gives the reason.
func refused(t *testing.T, c kafka.Config) string {
	t.Helper()
	began := time.Now()
	log, err := kafka.Open(context.Background(), c)
	if err == nil {
		mustClose(t, log)
		t.Fatal("it was opened")
	}
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("the refusal took %s", took)
	}
	return err.Error()
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

// Breaks for users: they would mend one mistake a start.
func TestAConfigTellsAllItsFaultsAtOnce(t *testing.T) {
	text := refused(t, kafka.Config{Brokers: []string{"nowhere"}, Partitions: -1, Replication: 2, Prefix: "a b",
		TLS: kafka.TLS{CA: []byte("x"), Cert: []byte("y")}, SASL: kafka.SASL{Mechanism: "GSSAPI"}})
	says(t, text, `"nowhere" is not HOST:PORT`, "partitions: -1", "replication: 2", `prefix: "a b"`, "--kafka-tls", "certificate and key", "GSSAPI", "--accept-weak")
}

// Breaks for users: a typing mistake in the address would look like a server that hangs.
func TestAWrongAddressIsRefusedSoon(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text := refused(t, kafka.Config{Brokers: []string{"127.0.0.1:1", l.Addr().String()}, OpenTimeout: 2 * time.Second})
	says(t, text, "127.0.0.1:1", "connection refused", l.Addr().String(), "check the address (--kafka)")
}

// Breaks for users: the log would be kept with fewer copies than they think.
func TestTopicsWithOtherSettingsAreRefusedAndLeftAlone(t *testing.T) {
	cluster := fake(t)
	bad := map[string]string{"cleanup.policy": "compact", "retention.ms": "1000", "retention.bytes": "5", "min.insync.replicas": "1",
		"unclean.leader.election.enable": "true", "message.timestamp.type": "LogAppendTime", "max.message.bytes": "1000"}
	if err := cluster.CreateTopic("outcry.room", 3, bad); err != nil {
		t.Fatal(err)
	}
	c := small(cluster)
	text := refused(t, c)
	says(t, text, "3 partitions and 2 are wanted", "--partitions 3", "--accept-weak")
	for name := range bad {
		says(t, text, name, "--add-config "+name)
	}
	if cluster.TopicInfo("outcry.instrument") != nil {
		t.Error("half a log was created beside the topic that is refused")
	}
	c.AcceptWeak, c.Partitions = true, 0
	text = refused(t, c)
	says(t, text, "cleanup.policy", "max.message.bytes")
	if strings.Contains(text, "retention") || strings.Contains(text, "insync") || strings.Contains(text, "unclean") {
		t.Errorf("what is accepted is refused:\n%s", text)
	}
	info := cluster.TopicInfo("outcry.room")
	if got := info.Configs["retention.ms"]; got == nil || *got != "1000" {
		t.Error("a setting of a topic that is refused was changed")
	}
}

// Breaks for users: their acknowledged records would be gone with one disk.
func TestTooFewBrokersAreRefusedUnlessAccepted(t *testing.T) {
	c := small(fake(t, kfake.NumBrokers(1)))
	says(t, refused(t, c), "1 brokers", "3 replicas", "--accept-weak")
	c.AcceptWeak = true
	mustPublish(t, mustOpen(t, c), events.Room, 0, "x")
}

// Breaks for users: a topic removed by mistake would come back empty and look like a log that never had anything.
func TestHalfALogIsNotMadeNew(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	mustPublish(t, log, events.Room, 0, "x")
	lineage := log.Lineage()
	mustClose(t, log)
	if err := cluster.DeleteTopic("outcry.instrument"); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, small(cluster)), "outcry.room has records", "outcry.instrument is missing")
	if err := cluster.DeleteTopic("outcry.room"); err != nil {
		t.Fatal(err)
	}
	if again := mustOpen(t, small(cluster)).Lineage(); again == lineage {
		t.Error("the new log has the lineage of the one that was removed")
	}
}

// Breaks for users: looking at a log would make one.
func TestAReaderCreatesNothing(t *testing.T) {
	cluster := fake(t)
	if _, err := kafka.OpenReader(t.Context(), small(cluster)); !errors.Is(err, kafka.ErrMissing) {
		t.Fatalf("opening what is not there: %v", err)
	}
	mustPublish(t, mustOpen(t, small(cluster)), events.Room, 1, "x")
	log, err := kafka.OpenReader(t.Context(), small(cluster))
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, log)
	if m := take(t, subscribe(t, log, at(events.Room, 1, 0))); string(m.Payload) != "x" {
		t.Errorf("it reads %q", m.Payload)
	}
	if _, err := publish(log, events.Room, 0, "y"); !errors.Is(err, kafka.ErrReadOnly) {
		t.Errorf("publishing: %v", err)
	}
}

// Breaks for users: they could not sign in, or anybody could.
func TestSignInByEachMechanism(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			c := small(fake(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "ann", "right")))
			says(t, refused(t, c), "--kafka-sasl")
			c.SASL = kafka.SASL{Mechanism: mechanism, User: "ann", Password: "wrong"}
			says(t, refused(t, c), "user, password and mechanism")
			c.SASL.Password = "right"
			log := mustOpen(t, c)
			p := mustPublish(t, log, events.Room, 0, "x")
			take(t, subscribe(t, log, p))
		})
	}
}

// Breaks for users: a right that is missing would show when somebody's first
// message waits for two minutes, or keep out who only wants to read.
func TestMissingRightsAreToldAtTheStart(t *testing.T) {
	allowed := func(user string, operations ...kmsg.ACLOperation) kfake.Opt {
		var all []kfake.ACL
		for _, o := range operations {
			all = append(all, kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: "outcry.", Pattern: kmsg.ACLResourcePatternTypePrefixed, Operation: o, Allow: true})
		}
		return kfake.User("PLAIN", user, "right", all...)
	}
	cluster := fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "right"),
		allowed("nobody"), allowed("reader", kmsg.ACLOperationDescribe, kmsg.ACLOperationDescribeConfigs, kmsg.ACLOperationRead))
	as := func(user string) kafka.Config {
		c := small(cluster)
		c.SASL = kafka.SASL{Mechanism: "PLAIN", User: user, Password: "right"}
		return c
	}
	says(t, refused(t, as("nobody")), "allow our user DescribeConfigs, Read and Write on the topic outcry.instrument, outcry.room")
	says(t, refused(t, as("reader")), "allow our user Create on the topic outcry.instrument", "topic outcry.room")
	mustPublish(t, mustOpen(t, as("root")), events.Room, 0, "x")
	says(t, refused(t, as("reader")), "allow our user Write on the topic outcry.instrument", "topic outcry.room")
	log, err := kafka.OpenReader(t.Context(), as("reader"))
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, log)
	take(t, subscribe(t, log, at(events.Room, 0, 0)))
}

// Breaks for users: their records would cross the network for all to read, or not at all.
func TestTLSAndMutualTLS(t *testing.T) {
	ca, pair := authority(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	server, err := tls.X509KeyPair(pair[0], pair[1])
	if err != nil {
		t.Fatal(err)
	}
	one := small(fake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}})))
	mutual := small(fake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert})))
	plain := small(fake(t))
	says(t, refused(t, one), "--kafka-tls")
	one.TLS.Enabled = true
	says(t, refused(t, one), "--kafka-tls-ca")
	one.TLS.CA = ca
	mustPublish(t, mustOpen(t, one), events.Room, 0, "x")
	one.TLS.ServerName = "elsewhere"
	says(t, refused(t, one), "--kafka-tls-server-name")
	mutual.TLS = kafka.TLS{Enabled: true, CA: ca}
	says(t, refused(t, mutual), "--kafka-tls-cert")
	mutual.TLS.Cert, mutual.TLS.Key = pair[0], pair[1]
	mustPublish(t, mustOpen(t, mutual), events.Room, 0, "x")
	plain.TLS.Enabled, plain.OpenTimeout = true, 3*time.Second
	says(t, refused(t, plain), "--kafka-tls")
}
