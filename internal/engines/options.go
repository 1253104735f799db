package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Engine is what a cluster runs.
type Engine string

// The engines.
const (
	KafkaEngine     Engine = "kafka"
	CassandraEngine Engine = "cassandra"
)

// Options of a cluster.
type Options struct {
	Engine Engine
	// Members are brokers or nodes, 1 or 3; 0 is 1.
	Members int
	// Dir keeps data, settings and logs of the servers, and stays; empty is a
	// new temporary folder that goes with the cluster.
	Dir string
	// Settings are lines for server.properties or cassandra.yaml. In them @N@
	// is the member's number from 1, @PORT@ a broker's port, @CONTROLLER@ that of its
	// controller, @PORT2@ and @PORT3@ are two more for listeners (see Cluster.Listener).
	Settings string
	// Format are arguments of Kafka's first formatting, such as "--add-scram SCRAM-SHA-512=[name=a,password=b]".
	Format string
	// HeapMiB bounds each member's Java heap; 0 is 512 (Kafka) or 768 (Cassandra).
	HeapMiB int
}

// Wanted says whether tests may start real servers.
func Wanted() bool { return os.Getenv("OUTCRY_ENGINES") == "1" }

// Need skips a test where no real servers are wanted.
func Need(t testing.TB) {
	t.Helper()
	if !Wanted() {
		t.Skip("needs real servers: set OUTCRY_ENGINES=1 (Java 17 and Maven; make test-engines does it)")
	}
}

// environment of the scripts.
func (o Options) environment(port int) []string {
	env := append(os.Environ(),
		"count="+strconv.Itoa(max(o.Members, 1)), "port="+strconv.Itoa(port), "OWNER="+strconv.Itoa(os.Getpid()),
		"SETTINGS="+o.Settings, "FORMAT="+o.Format)
	if o.HeapMiB > 0 {
		env = append(env, fmt.Sprintf("HEAP=%dm", o.HeapMiB))
	}
	return env
}

// script finds deploy/engines from wherever in the tree a test runs.
func script(name Engine) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for deploy/engines: %w", err)
	}
	for {
		path := filepath.Join(dir, "deploy", "engines", string(name)+".sh")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no deploy/engines/%s.sh above the working folder: run tests from the project's tree", name)
		}
		dir = filepath.Dir(dir)
	}
}
