package engines

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Without this, a test of a fault would blame Outcry for a server that never
// came back, or was never gone.
func TestABrokerDiesComesBackAndPauses(t *testing.T) {
	k := Kafka(t, 1)
	address := k.Addresses()[0]
	for _, step := range []struct {
		name  string
		do    func(int)
		state string
		takes bool // connections
	}{
		{"kill", k.Kill, "stopped", false},
		{"start", k.Start, "running", true},
		{"pause", k.Pause, "paused", true}, // the kernel still accepts
		{"resume", k.Resume, "running", true},
		{"stop", k.StopOne, "stopped", false},
	} {
		step.do(0)
		if status := k.Tool("status"); !strings.HasSuffix(strings.TrimSpace(status), step.state) {
			t.Errorf("after %s: %s, want %s", step.name, status, step.state)
		}
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if (err == nil) != step.takes {
			t.Errorf("after %s: connecting gives %v", step.name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

// Otherwise a killed test leaves servers behind that eat the machine.
func TestServersEndWithTheProcessThatOwnsThem(t *testing.T) {
	Need(t)
	if os.Getenv("OUTCRY_ENGINES_OWNER") == "1" {
		c := Run(Options{Engine: KafkaEngine, Dir: os.Getenv("OUTCRY_ENGINES_DIR")})
		os.Stdout.WriteString("address " + c.Addresses()[0] + "\n")
		os.Exit(0) // as if killed: nothing is closed
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServersEndWithTheProcessThatOwnsThem$")
	cmd.Env = append(os.Environ(), "OUTCRY_ENGINES_OWNER=1", "OUTCRY_ENGINES_DIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	_, address, _ := strings.Cut(strings.TrimSpace(string(out)), "address ")
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return
		}
		conn.Read(make([]byte, 1)) // until the broker closes it, which its end does
		conn.Close()
	}
	t.Fatalf("%s still takes connections", address)
}

// A node that has no data of its former life would look like a store that lost rows.
func TestANodeKeepsItsDataOverAKill(t *testing.T) {
	c := Cassandra(t, 1)
	before := c.Tool("nodetool", "1", "info")
	c.Kill(0)
	c.Start(0)
	if id := hostID(before); id == "" || id != hostID(c.Tool("nodetool", "1", "info")) {
		t.Fatalf("the node has another identity than %q", id)
	}
}

func hostID(info string) string {
	for line := range strings.Lines(info) {
		if strings.HasPrefix(line, "ID ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
