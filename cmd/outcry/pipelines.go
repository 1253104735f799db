package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"outcry/events/pipeline"
	"outcry/events/pipeline/stage"
)

// customStages are the stages written in Go, by the name that outcry.yaml uses
// them by. Whoever builds a binary with stages of his own puts them here.
var customStages = map[string]stage.Maker{}

func init() { sections["pipelines"] = takePipelines }

// mostPipelines of one server.
const mostPipelines = 64

// takePipelines reads the files that pipelines name, too, so that a mistake in
// one of them is told at the start.
func takePipelines(c *config, node *yaml.Node, path string) []error {
	if node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.SequenceNode || len(node.Content) > mostPipelines {
		return []error{fmt.Errorf("%s:%d: pipelines: a list of at most %d pipelines is wanted", path, node.Line, mostPipelines)}
	}
	c.pipelines = nil
	faults := decodeSection(path, node, &c.pipelines)
	if len(faults) > 0 {
		return faults
	}
	err := pipeline.ValidateAll(c.pipelines, pipelineEnv(path))
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // what errors.Join gives itself
		for _, fault := range many.Unwrap() {
			faults = append(faults, fmt.Errorf("%s:%d: %w", path, lineOf(node, fault.Error()), fault))
		}
	}
	return faults
}

// lineOf finds what "pipelines[1].stages[2].time: …" is about.
func lineOf(list *yaml.Node, place string) int {
	n, m := 0, 0
	if _, err := fmt.Sscanf(place, "pipelines[%d]", &n); err != nil || n >= len(list.Content) {
		return list.Line
	}
	one := resolved(list.Content[n])
	if _, err := fmt.Sscanf(place, "pipelines[%d].stages[%d]", &n, &m); err != nil {
		return one.Line
	}
	for i := 0; i+1 < len(one.Content); i += 2 {
		if stages := resolved(one.Content[i+1]); one.Content[i].Value == "stages" && m < len(stages.Content) {
			return stages.Content[m].Line
		}
	}
	return one.Line
}

// pipelineEnv reads files by their names in outcry.yaml: from its folder on.
func pipelineEnv(path string) pipeline.Env {
	return pipeline.Env{Custom: customStages, ReadFile: func(name string) ([]byte, error) {
		return readBounded(besideConfig(path, name), stage.TableBytesMax)
	}}
}

func besideConfig(path, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(path), name)
}

// readBounded reads a file of at most max bytes.
func readBounded(name string, max int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(text)) > max {
		err = fmt.Errorf("%s is larger than %d bytes", name, max)
	}
	return text, err
}
