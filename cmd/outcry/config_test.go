package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

// loaded gives the config of a command line, with what load says.
func loaded(t *testing.T, args ...string) (*config, error) {
	t.Helper()
	c := newConfig()
	cmd := &cobra.Command{}
	c.flags(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return c, c.load(cmd)
}

// settingsFile writes outcry.yaml into a data folder of its own.
func settingsFile(t *testing.T, text string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "outcry.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// An operator who overrides a file for one start must get what was typed.
func TestAFlagBeatsTheEnvironmentWhichBeatsTheFile(t *testing.T) {
	data := settingsFile(t, "http: {listen: '127.0.0.1:1'}\nadmin: {listen: '127.0.0.1:2'}\nlog:\n  partitions: 3\n  kafka: {brokers: ['a:1', 'b:2']}\n")
	t.Setenv("OUTCRY_HTTP", "127.0.0.1:11")
	t.Setenv("OUTCRY_ADMIN", "127.0.0.1:12")
	t.Setenv("OUTCRY_SCYLLA", "x, y:9043")
	c, err := loaded(t, "--data", data, "--http", "127.0.0.1:21")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{"http": c.http, "admin": c.admin, "partitions": c.partitions, "kafka": c.kafka.brokers, "scylla": c.scylla.hosts, "keyspace": c.scylla.keyspace}
	want := map[string]any{"http": "127.0.0.1:21", "admin": "127.0.0.1:12", "partitions": 3, "kafka": []string{"a:1", "b:2"},
		"scylla": []string{"x", "y:9043"}, "keyspace": "outcry"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A benchmark that finds a cluster in the environment or in the default folder
// writes a million invented ticks into it.
func TestABenchmarkTakesNothingThatWasNotTyped(t *testing.T) {
	t.Setenv("OUTCRY_KAFKA", "production:9092")
	t.Setenv("OUTCRY_DATA", settingsFile(t, "store: {scylla: {hosts: [production]}}"))
	t.Setenv("OUTCRY_CONFIG", filepath.Join(os.Getenv("OUTCRY_DATA"), "outcry.yaml"))
	c := newConfig()
	c.explicit = true
	cmd := &cobra.Command{}
	c.flags(cmd)
	if err := c.load(cmd); err != nil || c.kafkaLog() || c.scyllaStore() {
		t.Errorf("the benchmark would use %v and %v, %v", c.kafka.brokers, c.scylla.hosts, err)
	}
}

// Somebody who mends one mistake a start needs five starts.
func TestAllMistakesOfAFileAreToldAtOnceWithTheirLines(t *testing.T) {
	data := settingsFile(t, `log_level: loud
http:
  listen: 0.0.0.0:8080
log:
  kafka:
    broker: [a:9092]
    replication: many
store:
  scylla: {hosts: [a:b:c], keyspace: Outcry}
log_level: info
`)
	t.Setenv("OUTCRY_PARTITIONS", "few")
	_, err := loaded(t, "--data", data, "--admin", "nowhere")
	if err == nil {
		t.Fatal("accepted")
	}
	path := filepath.Join(data, "outcry.yaml")
	for _, want := range []string{
		path + ":10: log_level is there twice, first in line 1",
		path + `:1: log_level: "loud"`,
		path + ":3: http.listen: \"0.0.0.0:8080\": only loopback",
		path + ":6: log.kafka.broker is no setting",
		path + `:7: log.kafka.replication: "many": invalid syntax`,
		path + `:9: store.scylla.hosts: "a:b:c" is no HOST:PORT`,
		path + `:9: store.scylla.keyspace: "Outcry"`,
		`OUTCRY_PARTITIONS: "few"`,
		"--admin: \"nowhere\"",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\nin: %v", want, err)
		}
	}
}

// A value in a file that a flag overrides today is in effect tomorrow.
func TestAnOverriddenValueOfTheFileIsCheckedToo(t *testing.T) {
	data := settingsFile(t, "log:\n  partitions: [1, 2]\n")
	if _, err := loaded(t, "--data", data, "--partitions", "4"); err == nil || !strings.Contains(err.Error(), ":2: log.partitions: one value is wanted") {
		t.Errorf("load says %v", err)
	}
}

// A certificate without TLS turned on would send passwords in the open.
func TestTLSSettingsWithoutTLSAreRefused(t *testing.T) {
	_, err := loaded(t, "--data", t.TempDir(), "--kafka", "a:1", "--kafka-tls-ca", "ca.pem", "--scylla-tls", "--scylla-tls-cert", "c.pem")
	for _, want := range []string{"--kafka-tls: must be true", "--scylla-tls-cert: certificate and key come together"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s, in %v", want, err)
		}
	}
}

// Whoever shows the settings to others must not show a password; and what is
// printed must be usable as a file.
func TestPrintedSettingsAreAFileWithoutSecrets(t *testing.T) {
	t.Setenv("OUTCRY_KAFKA_PASSWORD", "hunter2")
	c, err := loaded(t, "--data", t.TempDir(), "--kafka", "a:1,b:2", "--kafka-sasl", "PLAIN", "--kafka-user", "ann", "--accept-weak")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.print(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"brokers: ['a:1', 'b:2'] # --kafka", "password: \"\" # OUTCRY_KAFKA_PASSWORD, not shown", "accept_weak: true # --accept-weak", "keyspace: outcry # default"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Error("the password is shown")
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Unsetenv("OUTCRY_KAFKA_PASSWORD")
	again, err := loaded(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range c.settings {
		if got, want := again.settings[i].value.Value.String(), s.value.Value.String(); got != want && !s.secret {
			t.Errorf("%s is %s when read again, was %s", s.key, got, want)
		}
	}
}

// A setting that the page does not name is found by nobody; one that is gone misleads.
func TestThePageOfOperatorsDocumentsEverySetting(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "OPERATING.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| (.*?) \\| `(OUTCRY_[A-Z0-9_]+)` \\| (.*?) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2:]
	}
	for _, s := range newConfig().settings {
		flag, otherwise := "no flag", s.value.DefValue
		if s.flag != "" {
			flag = "`--" + s.flag + "`"
		}
		if s.key == "data" {
			otherwise = "~/.outcry"
		}
		want := []string{flag, s.env, "`" + otherwise + "`"}
		if otherwise == "" || otherwise == "[]" {
			want[2] = "none"
		}
		if diff := cmp.Diff(want, documented[s.key]); diff != "" {
			t.Errorf("docs/OPERATING.md, %s: %s", s.key, diff)
		}
		delete(documented, s.key)
	}
	for key := range documented {
		t.Errorf("docs/OPERATING.md documents %s, which is no setting", key)
	}
	for key := range sections {
		if !strings.Contains(string(text), "`"+key+"`") {
			t.Errorf("docs/OPERATING.md does not document the section %s", key)
		}
	}
}

// A misspelt field of a feed or pipeline must be told like one of ours.
func TestUnknownFieldsOfASectionHaveTheirLines(t *testing.T) {
	type stage struct {
		Drop string
		With map[string]int `yaml:"with"`
	}
	type section struct {
		Name   string `yaml:"name"`
		Stages []stage
		Inner  struct {
			Deep *stage `yaml:"deep"`
		} `yaml:",inline"`
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte("- name: a\n  stages:\n  - {drop: x, dorp: y}\n  deep: {drip: z}\n- nmae: b\n  stages: 7\n"), &document); err != nil {
		t.Fatal(err)
	}
	var into []section
	var told []string
	for _, err := range decodeSection("f", document.Content[0], &into) {
		told = append(told, err.Error())
	}
	want := []string{"f:3: dorp is no setting here", "f:4: drip is no setting here", "f:5: nmae is no setting here", "f:6: cannot unmarshal !!int `7` into []main.stage"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if len(into) != 2 || into[0].Name != "a" || !slices.Equal([]string{into[0].Stages[0].Drop}, []string{"x"}) {
		t.Errorf("decoded %+v", into)
	}
}
