package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

// The file can't be tried without Docker; at least its YAML, its flags and its
// ports are what they should be: everything on loopback.
func TestComposeServesWithFlagsThatExistOnLoopback(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Ports   []string
			Command []string
		}
	}
	if err := yaml.Unmarshal(text, &compose); err != nil {
		t.Fatal(err)
	}
	for name, s := range compose.Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s to everyone", name, port)
			}
		}
	}
	command := compose.Services["outcry"].Command
	if len(command) == 0 || command[0] != "serve" {
		t.Fatalf("outcry runs %q", command)
	}
	c := newConfig()
	cmd := &cobra.Command{}
	c.flags(cmd)
	if err := cmd.ParseFlags(command[1:]); err != nil {
		t.Fatal(err)
	}
	if err := c.check(); err != nil || !c.kafkaLog() || !c.scyllaStore() {
		t.Errorf("it would serve on %v and %v, %v", c.kafka.brokers, c.scylla.hosts, err)
	}
}
