package kafka_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"outcry/events"
	"outcry/events/kafka"
	"outcry/internal/engines"
)

// lockedDown are the settings of a real broker that lets nobody in without TLS
// and either a password (listener 2) or a certificate (listener 3), and nobody
// do what no ACL allows. The plain listener, its own, is the administrator's.
const lockedDown = `
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER@,PASSWORD://127.0.0.1:@PORT2@,CERTIFICATE://127.0.0.1:@PORT3@
advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,PASSWORD://127.0.0.1:@PORT2@,CERTIFICATE://127.0.0.1:@PORT3@
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_SSL,CERTIFICATE:SSL
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="right";
listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.certificate.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=DIR/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=DIR/ca.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
`

// guarded is such a broker.
type guarded struct {
	cluster *engines.Cluster
	admin   *kadm.Client
	ca      []byte
	pair    [2][]byte
}

func guardedBroker(t *testing.T) *guarded {
	t.Helper()
	engines.Need(t)
	g := &guarded{}
	g.ca, g.pair = authority(t)
	dir := t.TempDir()
	for name, pem := range map[string][]byte{"ca.pem": g.ca, "server.pem": slices.Concat(g.pair[1], g.pair[0])} {
		if err := os.WriteFile(filepath.Join(dir, name), pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g.cluster = engines.Start(t, engines.Options{Engine: engines.KafkaEngine, Settings: strings.ReplaceAll(lockedDown, "DIR", dir),
		Format: "--add-scram SCRAM-SHA-512=[name=bob,password=right]"})
	client, err := kgo.NewClient(kgo.SeedBrokers(g.cluster.Addresses()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	g.admin = kadm.NewClient(client)
	return g
}

// ways are the right configs for each way in, each with topics of its own, by the name that ACLs know.
func (g *guarded) ways() map[string]kafka.Config {
	way := func(listener int, sasl kafka.SASL, pair [2][]byte) kafka.Config {
		return kafka.Config{Brokers: g.cluster.Listener(listener), Prefix: newPrefix(), Partitions: 2, AcceptWeak: true, PublishTimeout: time.Minute,
			TLS: kafka.TLS{Enabled: true, CA: g.ca, Cert: pair[0], Key: pair[1]}, SASL: sasl}
	}
	return map[string]kafka.Config{
		"User:ann":       way(2, kafka.SASL{Mechanism: "PLAIN", User: "ann", Password: "right"}, [2][]byte{}),
		"User:bob":       way(2, kafka.SASL{Mechanism: "SCRAM-SHA-512", User: "bob", Password: "right"}, [2][]byte{}),
		"User:CN=outcry": way(3, kafka.SASL{}, g.pair),
	}
}

// documented are the rights that docs/formats/topics.md asks for.
var documented = []kadm.ACLOperation{kadm.OpDescribeConfigs, kadm.OpRead, kadm.OpWrite, kadm.OpCreate}

func rights(who, prefix string, what []kadm.ACLOperation) *kadm.ACLBuilder {
	return kadm.NewACLs().Topics(prefix).ResourcePatternType(kadm.ACLPatternPrefixed).Operations(what...).Allow(who).AllowHosts()
}

func (g *guarded) allow(t *testing.T, who, prefix string, what ...kadm.ACLOperation) {
	t.Helper()
	made, err := g.admin.CreateACLs(context.Background(), rights(who, prefix, what))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if m.Err != nil {
			t.Fatal(m.Err)
		}
	}
	g.known(t, rights(who, prefix, what), 1)
}

// known waits until the broker knows the rights: they are told to it after the answer that they are changed.
func (g *guarded) known(t *testing.T, rights *kadm.ACLBuilder, each int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		all, err := g.admin.DescribeACLs(ctx, rights)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(r kadm.DescribeACLsResult) bool { return r.Err != nil || len(r.Described) != each }) {
			return
		}
	}
}

// forbid takes away what allow gave.
func (g *guarded) forbid(t *testing.T, who, prefix string, what ...kadm.ACLOperation) {
	t.Helper()
	gone, err := g.admin.DeleteACLs(context.Background(), rights(who, prefix, what))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range gone {
		if r.Err != nil || len(r.Deleted) != 1 {
			t.Fatalf("%v, %d rights taken away", r.Err, len(r.Deleted))
		}
	}
	g.known(t, rights(who, prefix, what), 0)
}

// made lists the topics behind a prefix.
func (g *guarded) made(t *testing.T, prefix string) (names []string) {
	t.Helper()
	all, err := g.admin.ListTopics(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all.Names() {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

// Breaks for users: what works on the double would fail at a broker that is
// guarded as theirs are, or let them wait, or leave half a log behind.
func TestOnAGuardedBroker(t *testing.T) {
	g := guardedBroker(t)
	t.Run("EachWayIn", g.eachWayIn)
	t.Run("WrongKeys", g.wrongKeys)
	t.Run("MissingRights", g.missingRights)
	t.Run("RightsTakenAway", g.rightsTakenAway)
}

func (g *guarded) eachWayIn(t *testing.T) {
	for who, c := range g.ways() {
		t.Run(who, func(t *testing.T) {
			g.allow(t, who, c.Prefix, documented...)
			log := mustOpen(t, c)
			for i := range 3 {
				mustPublish(t, log, events.Room, 1, fmt.Sprint(i))
			}
			messages := subscribe(t, log, at(events.Room, 1, 1))
			for i := 1; i < 3; i++ {
				if m := take(t, messages); string(m.Payload) != fmt.Sprint(i) {
					t.Errorf("record %d holds %q", i, m.Payload)
				}
			}
		})
	}
}

func (g *guarded) wrongKeys(t *testing.T) {
	otherCA, otherPair := authority(t)
	for name, wrong := range map[string]struct {
		who    string
		change func(*kafka.Config)
		says   string
	}{
		"PasswordPLAIN":    {"User:ann", func(c *kafka.Config) { c.SASL.Password = "wrong" }, "--kafka-user"},
		"PasswordSCRAM":    {"User:bob", func(c *kafka.Config) { c.SASL.Password = "wrong" }, "--kafka-user"},
		"UserSCRAM":        {"User:bob", func(c *kafka.Config) { c.SASL.User = "nobody" }, "--kafka-user"},
		"Mechanism":        {"User:bob", func(c *kafka.Config) { c.SASL.Mechanism = "SCRAM-SHA-256" }, "--kafka-sasl"},
		"NoSignIn":         {"User:ann", func(c *kafka.Config) { c.SASL = kafka.SASL{} }, "--kafka-sasl"},
		"NoTLS":            {"User:ann", func(c *kafka.Config) { c.TLS = kafka.TLS{} }, "--kafka-tls"},
		"CA":               {"User:ann", func(c *kafka.Config) { c.TLS.CA = otherCA }, "--kafka-tls-ca"},
		"ServerName":       {"User:ann", func(c *kafka.Config) { c.TLS.ServerName = "elsewhere" }, "--kafka-tls-server-name"},
		"NoCertificate":    {"User:CN=outcry", func(c *kafka.Config) { c.TLS.Cert, c.TLS.Key = nil, nil }, "--kafka-tls-cert"},
		"OtherCertificate": {"User:CN=outcry", func(c *kafka.Config) { c.TLS.Cert, c.TLS.Key = otherPair[0], otherPair[1] }, "--kafka-tls-cert"},
	} {
		t.Run(name, func(t *testing.T) {
			c := g.ways()[wrong.who]
			g.allow(t, wrong.who, c.Prefix, documented...)
			wrong.change(&c)
			says(t, refused(t, c), wrong.says)
			if names := g.made(t, c.Prefix); len(names) > 0 {
				t.Errorf("it created %s", names)
			}
		})
	}
}

func (g *guarded) missingRights(t *testing.T) {
	const who = "User:bob"
	for _, missing := range documented {
		for _, there := range []bool{false, true} { // the topics
			if missing == kadm.OpCreate && there {
				continue // it is not needed then
			}
			t.Run(fmt.Sprintf("%s/topics=%t", missing, there), func(t *testing.T) {
				c := g.ways()[who]
				g.allow(t, who, c.Prefix, documented...)
				if there {
					mustClose(t, mustOpen(t, c))
				}
				g.forbid(t, who, c.Prefix, missing)
				says(t, refused(t, c), "allow our user", words[missing])
				if names := g.made(t, c.Prefix); len(names) == 1 {
					t.Errorf("half a log is there: %s", names)
				}
			})
		}
	}
}

// words are what errors call the rights.
var words = map[kadm.ACLOperation]string{kadm.OpDescribeConfigs: "DescribeConfigs",
	kadm.OpRead: "Read", kadm.OpWrite: "Write", kadm.OpCreate: "Create"}

func (g *guarded) rightsTakenAway(t *testing.T) {
	for _, taken := range [][]kadm.ACLOperation{{kadm.OpRead, kadm.OpWrite}, documented} {
		t.Run(fmt.Sprint(taken), func(t *testing.T) {
			const who = "User:bob"
			c := g.ways()[who]
			g.allow(t, who, c.Prefix, documented...)
			publishing, reading := changes(&c)
			log := mustOpen(t, c)
			messages := subscribe(t, log, mustPublish(t, log, events.Room, 0, "before"))
			take(t, messages)

			g.forbid(t, who, c.Prefix, taken...)
			published := make(chan error, 1)
			go func() {
				_, err := publish(log, events.Room, 0, "during")
				published <- err
			}()
			if err := next(t, publishing); err == nil {
				t.Error("publishing: the first change was for the better")
			}
			if err := next(t, reading); err == nil || !strings.Contains(err.Error(), "allow our user") {
				t.Errorf("reading: %v", err)
			}
			if err := log.Err(); err != nil {
				t.Errorf("lost rights ended the log: %v", err)
			}
			g.allow(t, who, c.Prefix, taken...)
			if err := <-published; err != nil {
				t.Error("publishing: ", err)
			}
			if m := take(t, messages); string(m.Payload) != "during" {
				t.Errorf("it reads %q", m.Payload)
			}
			for _, changed := range []chan error{publishing, reading} {
				if err := next(t, changed); err != nil {
					t.Errorf("all is allowed again, and still there is trouble: %v", err)
				}
			}
		})
	}
}
