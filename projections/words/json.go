package words

import (
	"encoding/json"
	"fmt"

	"outcry/events"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

type reaction struct {
	Emoji string   `json:"emoji"`
	Users []string `json:"users"`
}

type settings struct {
	Title         string `json:"title,omitempty"`
	Topic         string `json:"topic,omitempty"`
	MaxCharacters uint32 `json:"max_characters,omitempty"`
	Private       bool   `json:"private,omitempty"`
	SinceJoin     bool   `json:"since_join,omitempty"`
}

// partName is a part in a checkpoint; kind and shard are the checkpoint's.
type partName struct {
	Offset int64  `json:"offset"`
	Writer string `json:"writer"`
	Part   int32  `json:"part"`
}

// list writes a list as JSON; an empty one is empty.
func list[V, J any](values []V, shape func(V) J) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	shaped := make([]J, len(values))
	for i, v := range values {
		shaped[i] = shape(v)
	}
	text, err := json.Marshal(shaped)
	return string(text), err
}

// parse reads JSON; empty gives the zero value.
func parse[V any](text string) (v V, err error) {
	if text == "" {
		return v, nil
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("%q: %w: %w", text, ErrUnknown, err)
	}
	return v, nil
}

// Reactions as [{"emoji":"👍","users":["ann","bob"]}].
func Reactions(reactions []*outcryv1.Reaction) (string, error) {
	return list(reactions, func(r *outcryv1.Reaction) reaction { return reaction{r.Emoji, r.Users} })
}

// ParseReactions reads what Reactions wrote.
func ParseReactions(text string) (reactions []*outcryv1.Reaction, err error) {
	shaped, err := parse[[]reaction](text)
	for _, r := range shaped {
		reactions = append(reactions, &outcryv1.Reaction{Emoji: r.Emoji, Users: r.Users})
	}
	return reactions, err
}

// Seqs as a JSON array.
func Seqs(seqs []uint64) (string, error) {
	return list(seqs, func(seq uint64) uint64 { return seq })
}

// ParseSeqs reads what Seqs wrote.
func ParseSeqs(text string) ([]uint64, error) { return parse[[]uint64](text) }

// Settings as a JSON object; nil is empty.
func Settings(s *outcryv1.RoomSettings) (string, error) {
	if s == nil {
		return "", nil
	}
	object, err := json.Marshal(settings{s.Title, s.Topic, s.MaxCharacters, s.Private, s.SinceJoin})
	return string(object), err
}

// ParseSettings reads what Settings wrote.
func ParseSettings(text string) (*outcryv1.RoomSettings, error) {
	s, err := parse[*settings](text)
	if s == nil || err != nil {
		return nil, err
	}
	return &outcryv1.RoomSettings{Title: s.Title, Topic: s.Topic, MaxCharacters: s.MaxCharacters, Private: s.Private, SinceJoin: s.SinceJoin}, nil
}

// Parts that a checkpoint names, as [{"offset":7,"writer":"w","part":0}]. They are of the checkpoint's shard.
func Parts(c projections.Checkpoint) (string, error) {
	for _, k := range c.Parts {
		if k.Kind != c.Kind || k.Partition != c.Partition {
			return "", fmt.Errorf("a checkpoint of %v/%d names a part of %v/%d", c.Kind, c.Partition, k.Kind, k.Partition)
		}
	}
	text, err := list(c.Parts, func(k projections.PartKey) partName { return partName{k.Offset, k.Writer, k.Index} })
	if text == "" {
		text = "[]"
	}
	return text, err
}

// ParseParts reads what Parts wrote.
func ParseParts(text string, kind events.Kind, partition int32) (keys []projections.PartKey, err error) {
	names, err := parse[[]partName](text)
	for _, n := range names {
		keys = append(keys, projections.PartKey{Kind: kind, Partition: partition, Offset: n.Offset, Writer: n.Writer, Index: n.Part})
	}
	return keys, err
}
