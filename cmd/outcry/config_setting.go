package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// setting is one value that an operator can give as a flag, in the environment
// or in outcry.yaml.
type setting struct {
	// key is its path in outcry.yaml, such as log.kafka.brokers.
	key string
	// flag is its name on the command line; empty: none, since others see command lines.
	flag string
	// env is its name in the environment.
	env string
	// value is where it goes; its Usage is what --help says.
	value  *pflag.Flag
	origin origin
	secret bool
}

// origin says where a value came from.
type origin struct {
	what string // "default", "--http", "OUTCRY_HTTP" or a file
	line int    // in a file
}

func (o origin) String() string {
	if o.line > 0 {
		return fmt.Sprintf("%s:%d", o.what, o.line)
	}
	return o.what
}

// setting finds one by its key; nil is none.
func (c *config) setting(key string) *setting {
	for _, s := range c.settings {
		if s.key == key {
			return s
		}
	}
	return nil
}

// otherwise changes a default, before load.
func (c *config) otherwise(key, value string) {
	s := c.setting(key)
	s.value.DefValue = value
	if s.value.Changed {
		return
	}
	if err := s.value.Value.Set(value); err != nil {
		panic(fmt.Sprintf("default of %s: %v", key, err))
	}
}

// under says whether the key is one of keys or below one of them.
func (s *setting) under(keys []string) bool {
	for _, key := range keys {
		if s.key == key || strings.HasPrefix(s.key, key+".") {
			return true
		}
	}
	return len(keys) == 0
}

// set takes a value as it stands in the environment or in a file.
func (s *setting) set(from origin, values ...string) error {
	s.origin = from
	list, many := s.value.Value.(pflag.SliceValue)
	switch {
	case many:
		return list.Replace(values)
	case len(values) != 1:
		return fmt.Errorf("one value is wanted, not %d", len(values))
	}
	return reason(s.value.Value.Set(values[0]))
}

// reason drops what strconv says of itself.
func reason(err error) error {
	if n, ok := err.(*strconv.NumError); ok { //nolint:errorlint // what strconv gives itself
		return fmt.Errorf("%q: %w", n.Num, n.Err)
	}
	return err
}

// said names the value by where it came from, as faults do.
func (s *setting) said() string {
	if s.origin.line > 0 {
		return fmt.Sprintf("%s: %s", s.origin, s.key)
	}
	if s.origin.what == "default" && s.flag != "" {
		return "--" + s.flag
	}
	return s.origin.what
}
