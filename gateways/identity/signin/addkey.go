package signin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// YAML is the key as an item of the file's list.
func (k APIKey) YAML() (string, error) {
	text, err := yaml.Marshal([]APIKey{k})
	if err != nil {
		return "", fmt.Errorf("writing an API key: %w", err)
	}
	return string(text), nil
}

// AddAPIKey adds an entry to a file, which is made where it is not there, and
// replaced at once. Comments in the file stay.
func AddAPIKey(path string, k APIKey) error {
	if _, err := k.identity(); err != nil {
		return err
	}
	text, err := readBounded(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading API keys: %w", err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if _, err := parseAPIKeys(text); err != nil {
		return fmt.Errorf("%s has faults; mend them first: %w", path, err)
	}
	if err := appendTo(&document, k); err != nil {
		return fmt.Errorf("adding to %s: %w", path, err)
	}
	out, err := yaml.Marshal(&document)
	if err != nil {
		return fmt.Errorf("writing API keys: %w", err)
	}
	return writeAtOnce(path, out)
}

// appendTo adds an entry to the list keys of a document.
func appendTo(document *yaml.Node, k APIKey) error {
	var entry yaml.Node
	if err := entry.Encode(k); err != nil {
		return err
	}
	if document.Kind == 0 {
		document.Kind = yaml.DocumentNode
	}
	if len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		document.Content = []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}
	}
	top := document.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if list := top.Content[i+1]; top.Content[i].Value == "keys" {
			if list.Kind != yaml.SequenceNode {
				*list = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			}
			list.Style = 0
			list.Content = append(list.Content, &entry)
			return nil
		}
	}
	top.Content = append(top.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "keys"},
		&yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{&entry}})
	return nil
}

// writeAtOnce leaves the old file or the new one, readable by its owner alone.
func writeAtOnce(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("writing API keys: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing API keys: %w", err), os.Remove(f.Name()))
	}
	return nil
}
