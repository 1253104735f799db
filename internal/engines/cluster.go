package engines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// actionTime bounds one action: the first start fetches the server's jars.
const actionTime = 10 * time.Minute

// Cluster is the servers of one test or package. Its methods may be called
// from several goroutines; each waits for its turn. In a test they must be
// called from the test's goroutine, since a failure ends the test.
type Cluster struct {
	dir, script string
	env         []string
	addresses   []string
	fail        func(format string, args ...any)
	temporary   bool

	turn sync.Mutex // the scripts take one action at a time
}

// Kafka starts brokers for one test, 1 or 3.
func Kafka(t testing.TB, brokers int) *Cluster {
	return Start(t, Options{Engine: KafkaEngine, Members: brokers})
}

// Cassandra starts nodes for one test, 1 or 3.
func Cassandra(t testing.TB, nodes int) *Cluster {
	return Start(t, Options{Engine: CassandraEngine, Members: nodes})
}

// Start starts a cluster for one test, which it skips unless real servers are
// wanted; it ends with the test.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	Need(t)
	c, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	c.fail = t.Fatalf
	t.Cleanup(c.Close)
	c.StartAll()
	return c
}

// Run starts a cluster that no test owns; its failures panic. Close ends it.
func Run(o Options) *Cluster {
	c, err := open(o)
	if err != nil {
		panic(err)
	}
	c.fail = func(format string, args ...any) {
		c.Close()
		panic(fmt.Sprintf(format, args...))
	}
	c.StartAll()
	return c
}

func open(o Options) (*Cluster, error) {
	path, err := script(o.Engine)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: o.Dir, script: path, temporary: o.Dir == ""}
	if c.temporary {
		if c.dir, err = os.MkdirTemp("", "outcry-"+string(o.Engine)+"-"); err != nil {
			return nil, fmt.Errorf("making a folder for %s: %w", o.Engine, err)
		}
	}
	port, err := freePorts(o.Engine, max(o.Members, 1))
	if err != nil {
		return nil, err
	}
	c.env = o.environment(port)
	listed, err := c.act("addresses")
	if err != nil {
		return nil, err
	}
	c.addresses = strings.Split(strings.TrimSpace(listed), ",")
	return c, nil
}

// Addresses of all members, in order, whether they run or not.
func (c *Cluster) Addresses() []string { return append([]string(nil), c.addresses...) }

// Listener gives the addresses of all brokers at their own listener 2 or 3 (@PORT2@, @PORT3@ of Options.Settings).
func (c *Cluster) Listener(n int) (all []string) {
	for _, address := range c.addresses {
		host, port, _ := strings.Cut(address, ":")
		p, err := strconv.Atoi(port)
		if err != nil {
			c.fail("the address %q has no port: %v", address, err)
		}
		all = append(all, fmt.Sprint(host, ":", p+n))
	}
	return all
}

// Dir holds the servers' data, settings and logs: Dir/1/data, Dir/1.log and so on.
func (c *Cluster) Dir() string { return c.dir }

// Start starts member n again, with its data.
func (c *Cluster) Start(n int) { c.must("start", number(n)) }

// StartAll starts all members that do not run.
func (c *Cluster) StartAll() { c.must("start") }

// Kill ends member n with SIGKILL.
func (c *Cluster) Kill(n int) { c.must("kill", number(n)) }

// KillAll ends all members with SIGKILL, at once.
func (c *Cluster) KillAll() { c.must("kill") }

// StopOne ends member n gracefully, as a rolling restart does.
func (c *Cluster) StopOne(n int) { c.must("stop", number(n)) }

// Stop ends all members gracefully.
func (c *Cluster) Stop() { c.must("stop") }

// Pause stops member n where it is (SIGSTOP).
func (c *Cluster) Pause(n int) { c.must("pause", number(n)) }

// Resume lets a paused member go on.
func (c *Cluster) Resume(n int) { c.must("resume", number(n)) }

// Tool runs one of the script's other actions, such as "nodetool", "1", "flush"
// or "run", CLASS, and gives what it printed. Members count from 1 here.
func (c *Cluster) Tool(action string, args ...string) string { return c.must(action, args...) }

// Close ends all members without grace and removes a temporary folder. A nil cluster has nothing to end.
func (c *Cluster) Close() {
	if c == nil {
		return
	}
	_, err := c.act("kill")
	if c.temporary {
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "ending %s: %v\n", filepath.Base(c.script), err)
	}
}

func number(n int) string { return strconv.Itoa(n + 1) }

func (c *Cluster) must(action string, args ...string) string {
	out, err := c.act(action, args...)
	if err != nil {
		c.fail("%v", err)
	}
	return out
}

func (c *Cluster) act(action string, args ...string) (string, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), actionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.script, append([]string{action, c.dir}, args...)...)
	cmd.Env = c.env
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(c.script), action, err, complaint.String())
	}
	return out.String(), nil
}
