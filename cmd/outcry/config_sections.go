package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// sections are the parts of outcry.yaml whose packages know what is in them.
// Each takes its node into the config and gives all faults, each with
// path:line in front; decodeSection does that for a struct with yaml tags.
var sections = map[string]func(c *config, node *yaml.Node, path string) []error{}

// decodeSection decodes a node into a value of the package that owns it, and
// refuses keys that the value does not have.
func decodeSection(path string, node *yaml.Node, into any) (faults []error) {
	faults = unknownKeys(path, node, reflect.TypeOf(into))
	err := node.Decode(into)
	var types *yaml.TypeError
	if errors.As(err, &types) {
		for _, text := range types.Errors { // "line 7: cannot unmarshal ..."
			line, what, _ := strings.Cut(strings.TrimPrefix(text, "line "), ": ")
			faults = append(faults, fmt.Errorf("%s:%s: %s", path, line, what))
		}
		return faults
	}
	if err != nil {
		faults = append(faults, fmt.Errorf("%s:%d: %w", path, node.Line, err))
	}
	return faults
}

// unknownKeys walks node and type together. A type that decodes itself is left to it.
func unknownKeys(path string, node *yaml.Node, t reflect.Type) (faults []error) {
	node = resolved(node)
	if t.Implements(reflect.TypeFor[yaml.Unmarshaler]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return unknownKeys(path, node, t.Elem())
	case t.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for _, n := range node.Content {
			faults = append(faults, unknownKeys(path, n, t.Elem())...)
		}
	case t.Kind() == reflect.Map && node.Kind == yaml.MappingNode:
		for i := 1; i < len(node.Content); i += 2 {
			faults = append(faults, unknownKeys(path, node.Content[i], t.Elem())...)
		}
	case t.Kind() == reflect.Struct && node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			name := node.Content[i]
			if field, ok := fieldOf(t, name.Value); ok {
				faults = append(faults, unknownKeys(path, node.Content[i+1], field)...)
			} else {
				faults = append(faults, fmt.Errorf("%s:%d: %s is no setting here", path, name.Line, name.Value))
			}
		}
	}
	return faults
}

// fieldOf finds a struct's field as yaml.v3 does: by its tag, else by its name in small letters.
func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			if inner, ok := fieldOf(f.Type, key); ok {
				return inner, true
			}
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		if f.IsExported() && name == key {
			return f.Type, true
		}
	}
	return nil, false
}
