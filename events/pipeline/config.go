package pipeline

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
)

// Config declares one pipeline, as an element of `pipelines:` in outcry.yaml.
type Config struct {
	// Name of the feed, of a-z, 0-9, '.', '_' and '-'.
	Name string `yaml:"name"`
	// Topic that it reads; default outcry.raw.NAME.
	Topic string `yaml:"topic,omitempty"`
	// Format of a message, json or protobuf; default json.
	Format raw.Format `yaml:"format,omitempty"`
	// Source is its name in the log; default raw.NAME. Another name is another
	// source: what comes again under it is new.
	Source string `yaml:"source,omitempty"`
	// Mode is live or import; default live.
	Mode string `yaml:"mode,omitempty"`
	// Kind says that all messages are quotes or trades; default: found out from each message's fields.
	Kind string `yaml:"kind,omitempty"`
	// Instrument is for messages that name none.
	Instrument string `yaml:"instrument,omitempty"`
	// Definitions is a csv of instruments that are defined before their first event.
	Definitions string `yaml:"definitions,omitempty"`
	// Define is auto or empty: auto defines every other instrument with eight decimal places.
	Define string `yaml:"define,omitempty"`
	// Identity tells a message that comes again from a new one.
	Identity Identity `yaml:"identity,omitempty"`
	// Stages in their order; none are fine where messages have our field names.
	Stages []stage.Spec `yaml:"stages,omitempty"`
	// MaxBytes of a message; larger ones are poison. Default 1 MiB.
	MaxBytes int `yaml:"max_bytes,omitempty"`
}

// Identity of messages.
type Identity struct {
	// By is auto, sequence, offset, key or field; default auto: the source's
	// sequence where a message has one, else its offset. A key is no identity by
	// default, because most producers put the symbol there.
	By string `yaml:"by,omitempty"`
	// Field that identifies a message, for by: field.
	Field string `yaml:"field,omitempty"`
	// Epoch is a field that says which run of the producer a sequence belongs to.
	Epoch string `yaml:"epoch,omitempty"`
}

// Kinds of identity.
const (
	byAuto     = "auto"
	bySequence = "sequence"
	byOffset   = "offset"
	byKey      = "key"
	byField    = "field"
)

// TopicPrefix is what the names of raw topics begin with.
const TopicPrefix = "outcry.raw."

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// WithDefaults is what is in effect.
func (c Config) WithDefaults() Config {
	set := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	set(&c.Topic, TopicPrefix+c.Name)
	set((*string)(&c.Format), string(raw.JSON))
	set(&c.Source, "raw."+c.Name)
	set(&c.Mode, "live")
	set(&c.Identity.By, byAuto)
	if c.MaxBytes == 0 {
		c.MaxBytes = 1 << 20
	}
	return c
}

// Validate gives all faults of a pipeline at once. Tables and stages written
// in Go are looked up, too.
func (c Config) Validate(e Env) error {
	_, err := c.WithDefaults().load(e)
	return err
}

// ValidateAll checks pipelines together. Each fault says where it stands: pipelines[0].stages[2].time: …
func ValidateAll(all []Config, e Env) error {
	var faults []error
	names, topics := map[string]int{}, map[string]int{}
	for i, c := range all {
		if err := c.Validate(e); err != nil {
			for _, fault := range flat(err) {
				faults = append(faults, fmt.Errorf("pipelines[%d].%w", i, fault))
			}
		}
		if before, twice := names[c.Name]; twice {
			faults = append(faults, fmt.Errorf("pipelines[%d].name: %q is the name of pipelines[%d] too", i, c.Name, before))
		}
		topic := c.WithDefaults().Topic
		if before, twice := topics[topic]; twice && all[before].Name != c.Name {
			faults = append(faults, fmt.Errorf("pipelines[%d].topic: %q is read by pipelines[%d] already", i, topic, before))
		}
		names[c.Name], topics[topic] = i, i
	}
	return errors.Join(faults...)
}

// flat takes joined errors apart, at every depth.
func flat(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		all = append(all, flat(e)...)
	}
	return all
}

// faults of the fields that stand alone.
func (c *Config) faults() (faults []error) {
	say := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	oneOf := func(field, value string, allowed ...string) {
		say(slices.Contains(allowed, value), "%s: %q is none of %q", field, value, allowed)
	}
	say(name.MatchString(c.Name), "name: %q is not 1 to 64 of a-z, 0-9, '.', '_', '-'", c.Name)
	say(len(c.Topic) <= 249, "topic: %q is longer than 249 bytes", c.Topic)
	say(len(c.Source) <= 128, "source: %q is longer than 128 bytes", c.Source)
	say(slices.Contains(raw.Formats(), c.Format), "format: %q is none of %q", c.Format, raw.Formats())
	oneOf("mode", c.Mode, "live", "import")
	oneOf("kind", c.Kind, "", "quote", "trade")
	oneOf("define", c.Define, "", "auto")
	oneOf("identity.by", c.Identity.By, byAuto, bySequence, byOffset, byKey, byField)
	say((c.Identity.By == byField) == (c.Identity.Field != ""), "identity.field: is needed for by: field, and only there")
	say(c.Identity.Epoch == "" || c.Identity.By == byAuto || c.Identity.By == bySequence, "identity.epoch: is for sequences only")
	say(c.MaxBytes >= 1 && c.MaxBytes <= 16<<20, "max_bytes: %d is not between 1 and %d", c.MaxBytes, 16<<20)
	return faults
}

// Files that the pipeline reads: when one changes it is to be reloaded.
func (c Config) Files() (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(c.Definitions)
	for _, s := range c.Stages {
		if s.Symbols != nil {
			add(s.Symbols.File)
		}
		if s.Join != nil {
			add(s.Join.Table)
		}
	}
	return names
}
