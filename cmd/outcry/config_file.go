package main

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// configFile walks outcry.yaml. It goes on after a fault, so that all are told at once.
type configFile struct {
	config *config
	path   string
	faults []error
}

func (f *configFile) fault(line int, format string, args ...any) {
	f.faults = append(f.faults, fmt.Errorf("%s:%d: %s", f.path, line, fmt.Sprintf(format, args...)))
}

// mapping takes the keys below a prefix, such as "log.kafka.".
func (f *configFile) mapping(node *yaml.Node, prefix string) {
	node = resolved(node)
	if node.Tag == "!!null" {
		return // a section with nothing in it
	}
	if node.Kind != yaml.MappingNode {
		f.fault(node.Line, "%s: keys and values are wanted here", orTop(prefix))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if line, twice := seen[name.Value]; twice {
			f.fault(name.Line, "%s%s is there twice, first in line %d", prefix, name.Value, line)
			continue
		}
		seen[name.Value] = name.Line
		f.key(prefix+name.Value, name, value)
	}
}

func (f *configFile) key(key string, name, value *yaml.Node) {
	if section, ok := sections[key]; ok {
		f.faults = append(f.faults, section(f.config, resolved(value), f.path)...)
		f.config.sections = keep(f.config.sections, key, value)
		return
	}
	for _, s := range f.config.settings {
		if s.key == key {
			f.take(s, name, value)
			return
		}
		if strings.HasPrefix(s.key, key+".") {
			f.mapping(value, key+".")
			return
		}
	}
	f.fault(name.Line, "%s is no setting%s", key, f.near(key))
}

func (f *configFile) take(s *setting, name, value *yaml.Node) {
	if s.key == "data" && f.config.file == "" {
		f.fault(name.Line, "data cannot be set in the data folder's own file: use --data or OUTCRY_DATA")
		return
	}
	value = resolved(value)
	values, ok := scalars(value)
	switch {
	case value.Tag == "!!null":
		return // written down, not set
	case !ok:
		f.fault(value.Line, "%s: a value or a list of values is wanted", s.key)
		return
	case s.origin.what != "default": // something stronger wins; yet a file with faults is never accepted
		s = newConfig().setting(s.key)
	}
	if err := s.set(origin{what: f.path, line: value.Line}, values...); err != nil {
		f.fault(value.Line, "%s: %v", s.key, err)
	}
}

// near suggests the setting with the same last word.
func (f *configFile) near(key string) string {
	last := key[strings.LastIndex(key, ".")+1:]
	for _, s := range f.config.settings {
		if strings.HasSuffix(s.key, "."+last) || s.flag == strings.ReplaceAll(last, "_", "-") {
			return "; did you mean " + s.key + "?"
		}
	}
	return ""
}

func orTop(prefix string) string {
	if prefix == "" {
		return "the file"
	}
	return strings.TrimSuffix(prefix, ".")
}

func resolved(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// scalars gives one value, or a list of them; null is none.
func scalars(node *yaml.Node) (values []string, ok bool) {
	switch {
	case node.Kind == yaml.ScalarNode:
		return []string{node.Value}, true
	case node.Kind != yaml.SequenceNode:
		return nil, false
	}
	ok = !slices.ContainsFunc(node.Content, func(n *yaml.Node) bool { return resolved(n).Kind != yaml.ScalarNode })
	for _, n := range node.Content {
		values = append(values, resolved(n).Value)
	}
	return values, ok
}

func keep(m map[string]*yaml.Node, key string, value *yaml.Node) map[string]*yaml.Node {
	if m == nil {
		m = map[string]*yaml.Node{}
	}
	m[key] = value
	return m
}

func commas(text string) (values []string) {
	for v := range strings.SplitSeq(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}
