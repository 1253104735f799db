package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"outcry/events/pipeline"
	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

func newPipeline() *cobra.Command {
	cmd := &cobra.Command{Use: "pipeline", Short: "Try the pipelines of outcry.yaml", Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return misuse(cmd, "say what to do: test") }}
	cmd.AddCommand(newPipelineTest())
	return cmd
}

// pipelineTest is one run of outcry pipeline test.
type pipelineTest struct {
	config      *config
	name        string
	brief, json bool
	assumed     map[string]bool // instruments whose definition is not known here
}

func newPipelineTest() *cobra.Command {
	t := &pipelineTest{config: newConfig(), assumed: map[string]bool{}}
	cmd := &cobra.Command{Use: "test [FILE]", Short: "Show what a pipeline makes of sample messages", Args: needArgs(0, 1, "a file is"),
		Long: `Show what a pipeline of outcry.yaml makes of sample messages, stage by stage,
without a server, Kafka or any effect. FILE holds a message a line (JSON), or one
message (protobuf); without FILE they are read from the standard input.

The exit code is 1 when a message would become poison.`,
		Example: `  outcry pipeline test --config outcry.yaml samples.ndjson
  tail -1 trades.json | outcry pipeline test --pipeline acme --json`,
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, args) }}
	t.config.flags(cmd, "data", "log_level")
	f := cmd.Flags()
	f.StringVar(&t.name, "pipeline", "", "name of the pipeline; not needed where there is one")
	f.BoolVar(&t.brief, "brief", false, "one line a message, without its stages")
	f.BoolVar(&t.json, "json", false, "print JSON, one object a message")
	return cmd
}

func (t *pipelineTest) run(cmd *cobra.Command, args []string) error {
	if err := t.config.load(cmd); err != nil {
		return misuse(cmd, "%w", err)
	}
	declared, err := t.config.pipelineNamed(t.name)
	if err != nil {
		return misuse(cmd, "%w", err)
	}
	env := pipelineEnv(t.config.loaded)
	if declared.Define == "" {
		env.Accepted = t.accepted
	}
	p, err := pipeline.New(declared, env)
	if err != nil {
		return err
	}
	in := cmd.InOrStdin()
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r := newTrialReport(cmd.OutOrStdout(), t.brief, t.json)
	if err := t.messages(p, in, r); err != nil {
		return err
	}
	r.end()
	for id := range t.assumed {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s is taken to have 8 decimal places here; a server goes by its definition, or refuses it without one\n", id)
	}
	if n := r.counts[pipeline.Poisoned]; n > 0 {
		return fmt.Errorf("%d of %d messages would become poison", n, r.total)
	}
	return nil
}

// pipelineNamed finds a declaration; empty means the only one.
func (c *config) pipelineNamed(name string) (pipeline.Config, error) {
	var names []string
	for _, p := range c.pipelines {
		if p.Name == name || name == "" && len(c.pipelines) == 1 {
			return p, nil
		}
		names = append(names, p.Name)
	}
	switch {
	case len(names) == 0:
		return pipeline.Config{}, errors.New("no pipelines: are declared; name their file with --config")
	case name == "":
		return pipeline.Config{}, fmt.Errorf("choose one with --pipeline: %s", strings.Join(names, ", "))
	}
	return pipeline.Config{}, fmt.Errorf("there is no pipeline %q; there are %s", name, strings.Join(names, ", "))
}

// accepted stands in for a server, which is not asked.
func (t *pipelineTest) accepted(id string) (*outcryv1.Definition, error) {
	if len(t.assumed) < 100 {
		t.assumed[id] = true
	}
	return &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8}, nil
}

// trialBatch is how many messages are looked at together: duplicates are told within them.
const trialBatch = 10_000

// messages runs a file through the pipeline.
func (t *pipelineTest) messages(p *pipeline.Pipeline, in io.Reader, r *trialReport) error {
	max := p.Config().MaxBytes
	if p.Config().Format == raw.Protobuf {
		text, err := io.ReadAll(io.LimitReader(in, int64(max)+1))
		if err != nil {
			return fmt.Errorf("reading the message: %w", err)
		}
		return r.run(p, []raw.Message{{Value: text}})
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, max+2)
	var batch []raw.Message
	for n := int64(0); lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		batch = append(batch, raw.Message{Offset: n, Value: bytes.Clone(lines.Bytes())})
		if len(batch) == trialBatch {
			if err := r.run(p, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading messages, each on a line of at most %d bytes: %w", max, err)
	}
	return r.run(p, batch)
}

// trialStep is a row after a stage.
type trialStep struct {
	Stage  string    `json:"stage"`
	Fields stage.Row `json:"fields"`
}
