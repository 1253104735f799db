package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	"outcry/events/pipeline"
	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	"outcry/internal/feed"
)

// trialReport shows what becomes of sample messages.
type trialReport struct {
	out         io.Writer
	brief, json bool
	total       int
	counts      map[pipeline.Kind]int
}

func newTrialReport(out io.Writer, brief, asJSON bool) *trialReport {
	return &trialReport{out: out, brief: brief, json: asJSON, counts: map[pipeline.Kind]int{}}
}

// run shows a batch. Each message is traced by itself for its steps, and in
// the batch for its outcome.
func (r *trialReport) run(p *pipeline.Pipeline, messages []raw.Message) error {
	if len(messages) == 0 {
		return nil
	}
	b := &raw.Batch{Topic: p.Config().Topic, Epoch: "test", Messages: messages}
	outcomes, err := p.Trace(b, nil)
	if err != nil {
		return err
	}
	for i := range messages {
		one := *b
		one.Messages = messages[i : i+1]
		var steps []trialStep
		if _, err := p.Trace(&one, func(at string, row stage.Row) { steps = append(steps, trialStep{at, maps.Clone(row)}) }); err != nil {
			return err
		}
		r.total++
		r.counts[outcomes[i].Kind]++
		if err := r.show(messages[i].Offset+1, &outcomes[i], steps); err != nil {
			return err
		}
	}
	return nil
}

func (r *trialReport) show(line int64, o *pipeline.Outcome, steps []trialStep) error {
	if r.json {
		return r.object(line, o, steps)
	}
	fmt.Fprintf(r.out, "%-6s %-9s %s\n", "line "+strconv.FormatInt(line, 10), o.Kind, r.says(o, steps))
	if r.brief {
		return nil
	}
	var before stage.Row
	for _, s := range steps {
		fmt.Fprintf(r.out, "         %-18s %s\n", s.Stage, changes(before, s.Fields))
		before = s.Fields
	}
	return nil
}

// says what went into the log, or why nothing did.
func (r *trialReport) says(o *pipeline.Outcome, steps []trialStep) string {
	if o.Kind != pipeline.Passed {
		return o.Stage + ": " + o.Reason
	}
	var parts []string
	row := steps[len(steps)-1].Fields
	for _, name := range feed.FieldNames() {
		if row[name] != "" {
			parts = append(parts, name+"="+row[name])
		}
	}
	return strings.Join(parts, " ")
}

// changes tells the fields that a stage wrote, and those it took away.
func changes(before, after stage.Row) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if v, ok := before[name]; (!ok || v != after[name]) && name[0] != '_' {
			parts = append(parts, name+"="+after[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			parts = append(parts, "-"+name)
		}
	}
	if len(parts) == 0 {
		return "unchanged"
	}
	return strings.Join(parts, " ")
}

func (r *trialReport) object(line int64, o *pipeline.Outcome, steps []trialStep) error {
	object := struct {
		Line    int64           `json:"line"`
		Outcome string          `json:"outcome"`
		Stage   string          `json:"stage,omitempty"`
		Reason  string          `json:"reason,omitempty"`
		Event   json.RawMessage `json:"event,omitempty"`
		Steps   []trialStep     `json:"steps,omitempty"`
	}{line, o.Kind.String(), o.Stage, o.Reason, nil, steps}
	if r.brief {
		object.Steps = nil
	}
	if o.Event != nil {
		text, err := protojson.Marshal(o.Event)
		if err != nil {
			return fmt.Errorf("printing the event of line %d: %w", line, err)
		}
		object.Event = text
	}
	return json.NewEncoder(r.out).Encode(object)
}

// end sums up.
func (r *trialReport) end() {
	if r.json {
		return
	}
	parts := []string{}
	for _, k := range []pipeline.Kind{pipeline.Passed, pipeline.Filtered, pipeline.Duplicate, pipeline.Poisoned} {
		if n := r.counts[k]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	fmt.Fprintf(r.out, "%d messages: %s\n", r.total, strings.Join(parts, ", "))
}
