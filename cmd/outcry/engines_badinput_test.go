package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/internal/engines"
)

// refusedWith starts a server that must say no within seconds, with exit code 1.
func refusedWith(t *testing.T, data string, args ...string) string {
	t.Helper()
	began := time.Now()
	cmd := exec.Command(binary, append([]string{"serve", "--data", data, "--http", "127.0.0.1:0", "--admin", ""}, args...)...)
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, _ := cmd.CombinedOutput() // the exit code is looked at
	if took := time.Since(began); cmd.ProcessState.ExitCode() != 1 || took > 20*time.Second {
		t.Errorf("serve %v: exit code %d after %s\n%s", args, cmd.ProcessState.ExitCode(), took, out)
	}
	if strings.Contains(string(out), "goroutine ") {
		t.Errorf("serve %v panics: %s", args, out)
	}
	return string(out)
}

// Breaks for users: a wrong address hangs, or says something that nobody understands.
func TestUnreachableEnginesAreToldWithinSeconds(t *testing.T) {
	for name, args := range map[string][]string{
		"kafka": {"--kafka", "127.0.0.1:9"},
	} {
		data := t.TempDir()
		says(t, refusedWith(t, data, args...), "127.0.0.1:9", "--"+name)
		if _, err := os.Stat(filepath.Join(data, "served.json")); err == nil {
			t.Errorf("%s: a log that never was is remembered", name)
		}
	}
}

// Breaks for users: a server on another cluster goes on as if nothing were, or
// a cluster that may lose records is taken without a word.
func TestWrongClustersAreRefusedWithWhatToDo(t *testing.T) {
	engines.Need(t)
	s := newServerOn(t, onKafka)
	s.run("post", "floor", "hello", "--user", "ann", "--join")
	s.stop()
	to := []string{"--kafka", strings.Join(realEngines.brokers(t, 1).Addresses(), ","), "--kafka-replication", "1"}
	name := fmt.Sprintf("t%d", realEngines.servers.Add(1))
	fresh := append(to, "--kafka-prefix", name+".")

	says(t, refusedWith(t, s.data, append(fresh, "--accept-weak")...), "served another log", "--data", "outcry log adopt")
	says(t, refusedWith(t, t.TempDir(), append(fresh, "--accept-weak=false")...), "--accept-weak")
	says(t, refusedWith(t, s.data, "--partitions", "5"), "partitions")
}
