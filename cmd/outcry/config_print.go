package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// print writes the effective settings as an outcry.yaml, with where each value
// came from. Passwords are left out, so the output may be shown to others.
func (c *config) print(out io.Writer) error {
	var document yaml.Node
	document.Kind, document.Tag = yaml.MappingNode, "!!map"
	for _, s := range c.settings {
		node := s.node()
		place(&document, strings.Split(s.key, "."), node)
	}
	for _, key := range slices.Sorted(maps.Keys(c.sections)) {
		place(&document, []string{key}, c.sections[key])
	}
	if _, err := fmt.Fprintf(out, "# The settings in effect; behind each value is where it came from.\n"); err != nil {
		return fmt.Errorf("printing settings: %w", err)
	}
	e := yaml.NewEncoder(out)
	e.SetIndent(2)
	if err := e.Encode(&document); err != nil {
		return fmt.Errorf("printing settings: %w", err)
	}
	return e.Close()
}

// place puts value at the path below node, making the mappings on the way.
func place(node *yaml.Node, path []string, value *yaml.Node) {
	name := &yaml.Node{Kind: yaml.ScalarNode, Value: path[0]}
	if len(path) == 1 {
		node.Content = append(node.Content, name, value)
		return
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == path[0] {
			place(node.Content[i+1], path[1:], value)
			return
		}
	}
	inner := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	node.Content = append(node.Content, name, inner)
	place(inner, path[1:], value)
}

// node is the value as YAML.
func (s *setting) node() *yaml.Node {
	if list, ok := s.value.Value.(pflag.SliceValue); ok {
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, LineComment: s.origin.String()}
		for _, v := range list.GetSlice() {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v})
		}
		return n
	}
	text, n := s.value.Value.String(), &yaml.Node{Kind: yaml.ScalarNode, LineComment: s.origin.String()}
	if s.secret && text != "" {
		text, n.LineComment = "", n.LineComment+", not shown"
	}
	n.Value = text
	if s.value.Value.Type() == "string" {
		n.Tag = "!!str"
	}
	return n
}
