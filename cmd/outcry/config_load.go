package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// load completes the config: a flag beats the environment, which beats
// outcry.yaml, which beats the default. It gives all faults at once.
func (c *config) load(cmd *cobra.Command) error {
	var faults []error
	for _, s := range c.settings {
		faults = append(faults, s.load(cmd.Flags(), c.explicit && !s.secret))
	}
	path, text, err := c.readFile()
	if err != nil {
		return errors.Join(append(faults, err)...)
	}
	if text != nil {
		c.loaded = path
		faults = append(faults, c.parse(path, text)...)
	}
	return errors.Join(append(faults, c.check())...)
}

// load takes a flag or the environment's value.
func (s *setting) load(flags *pflag.FlagSet, flagsOnly bool) error {
	if given := flags.Lookup(s.flag); s.flag != "" && given != nil && given.Changed {
		s.origin = origin{what: "--" + s.flag}
		return nil
	}
	value := os.Getenv(s.env)
	if value == "" || flagsOnly {
		return nil
	}
	values := []string{value}
	if _, many := s.value.Value.(pflag.SliceValue); many {
		values = commas(value)
	}
	if err := s.set(origin{what: s.env}, values...); err != nil {
		return fmt.Errorf("%s: %w", s.env, err)
	}
	return nil
}

// readFile gives no text where there is no file and none was asked for.
func (c *config) readFile() (path string, text []byte, err error) {
	path = c.file
	if path == "" && c.explicit {
		return "", nil, nil
	}
	if path == "" {
		path = filepath.Join(c.data, "outcry.yaml")
	}
	text, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && c.file == "" {
		return path, nil, nil
	}
	if err != nil {
		return path, nil, fmt.Errorf("reading settings: %w", err)
	}
	if text == nil {
		text = []byte{}
	}
	return path, text, nil
}

// parse takes what is set in no stronger way.
func (c *config) parse(path string, text []byte) []error {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return []error{fmt.Errorf("%s: %w", path, err)}
	}
	if len(document.Content) == 0 {
		return nil
	}
	p := &configFile{config: c, path: path}
	p.mapping(document.Content[0], "")
	return p.faults
}
