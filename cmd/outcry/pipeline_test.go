package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pipelineYAML = `
pipelines:
- name: acme
  define: auto
  identity: {by: field, field: id}
  stages:
  - map: {instrument: data.s, price: data.p, lots: data.q, time: data.T}
  - time: {time: ms}
  - drop: empty
    when: [[lots, "=", 0]]
  - join: {table: ref.csv, key: symbol, take: {lot: lot}, unknown: poison}
  - multiply: {size: [lots, lot]}
`

// writeFiles gives a folder with files of these names and texts.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// command runs the command in this process.
func inProcess(t *testing.T, in string, args ...string) (out string, err error) {
	t.Helper()
	var both bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(in))
	root.SetOut(&both)
	root.SetErr(&both)
	err = root.ExecuteContext(t.Context())
	return both.String(), err
}

// Somebody who writes a pipeline must see what it makes of his messages before it touches a log.
func TestPipelineTestShowsWhatBecomesOfEachMessage(t *testing.T) {
	dir := writeFiles(t, map[string]string{"outcry.yaml": pipelineYAML, "ref.csv": "symbol,lot\nGOLD,100\n"})
	messages := `{"id":"1","data":{"s":"GOLD","p":"2410.50","q":3,"T":1700000000123}}
{"id":"1","data":{"s":"GOLD","p":"2410.50","q":3,"T":1700000000123}}

{"id":"2","data":{"s":"GOLD","p":1,"q":0,"T":1700000000123}}
{"id":"3","data":{"s":"TIN","p":1,"q":3,"T":1700000000123}}
`
	out, err := inProcess(t, messages, "pipeline", "test", "--config", filepath.Join(dir, "outcry.yaml"))
	if err == nil || !strings.Contains(err.Error(), "1 of 4 messages would become poison") {
		t.Error(err)
	}
	for _, want := range []string{
		"line 1 passed    time=1700000000123000000 instrument=GOLD price=2410.50 size=300", "stage 5 (multiply) size=300",
		"line 2 duplicate", "line 4 filtered  stage 3 (drop): empty", `line 5 poison    stage 4 (join): table ref.csv has no "TIN"`,
		"4 messages: 1 passed, 1 filtered, 1 duplicate, 1 poison",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	first, _, _ := strings.Cut(messages, "\n")
	out, err = inProcess(t, first, "pipeline", "test", "--config", filepath.Join(dir, "outcry.yaml"), "--json")
	var object struct {
		Outcome string
		Event   struct{ Trade struct{ Price, Size string } }
		Steps   []trialStep
	}
	if err != nil || json.Unmarshal([]byte(out), &object) != nil || object.Outcome != "passed" || object.Event.Trade.Price != "241050000000" || len(object.Steps) != 6 {
		t.Errorf("%v\n%s", err, out)
	}
}

// A mistake is found by its line; without one somebody counts stages with a finger.
func TestMistakesOfPipelinesHaveTheirLines(t *testing.T) {
	dir := writeFiles(t, map[string]string{"outcry.yaml": strings.Replace(pipelineYAML, "time: ms", "time: weeks", 1) + "- name: acme\n  topic: other\n- {name: b, stagse: []}\n", "ref.csv": "symbol,lot\n"})
	path := filepath.Join(dir, "outcry.yaml")
	_, err := inProcess(t, "", "pipeline", "test", "--config", path)
	if err == nil || !strings.Contains(err.Error(), path+":15: stagse is no setting here") {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(pipelineYAML, "time: ms", "time: weeks", 1)+"- name: acme\n  topic: other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = inProcess(t, "", "serve", "--print-config", "--config", path)
	for _, want := range []string{path + `:8: pipelines[0].stages[1].time: time: "weeks"`, path + `:13: pipelines[1].name: "acme"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not said in %v", want, err)
		}
	}
	_, err = inProcess(t, "", "pipeline", "test", "--config", filepath.Join(dir, "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
}
