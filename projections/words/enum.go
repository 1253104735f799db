package words

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// ErrUnknown: what was read is not what this package writes.
var ErrUnknown = errors.New("not a value of ours")

// Enum turns a protobuf enum into the words that people read in a shell, such
// as "post" for MESSAGE_KIND_POST, and back. A value that this version does
// not know is written as its number; zero is the empty word.
type Enum struct {
	names  map[int32]string
	values map[string]int32
}

func enumOf(prefix string, names map[int32]string, values map[string]int32) Enum {
	e := Enum{names: map[int32]string{0: ""}, values: map[string]int32{"": 0}}
	for name, value := range values {
		if value != 0 && names[value] == name {
			word := strings.ToLower(strings.TrimPrefix(name, prefix))
			e.names[value], e.values[word] = word, value
		}
	}
	return e
}

// The enums of rows.
var (
	Sides       = enumOf("SIDE_", outcryv1.Side_name, outcryv1.Side_value)
	Statuses    = enumOf("TRADING_STATE_", outcryv1.TradingState_name, outcryv1.TradingState_value)
	BarStates   = enumOf("BAR_STATE_", outcryv1.BarState_name, outcryv1.BarState_value)
	Roles       = enumOf("ROLE_", outcryv1.Role_name, outcryv1.Role_value)
	Kinds       = enumOf("MESSAGE_KIND_", outcryv1.MessageKind_name, outcryv1.MessageKind_value)
	Resolutions = enumOf("RESOLUTION_", outcryv1.Resolution_name, outcryv1.Resolution_value)
)

// Word of a value.
func (e Enum) Word(value int32) string {
	if word, ok := e.names[value]; ok {
		return word
	}
	return strconv.Itoa(int(value))
}

// Value of a word.
func (e Enum) Value(word string) (int32, error) {
	if value, ok := e.values[word]; ok {
		return value, nil
	}
	value, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("word %q: %w", word, ErrUnknown)
	}
	return int32(value), nil
}

// Resolution refuses what is not kept: larger bars are merged on read.
func Resolution(r outcryv1.Resolution) (string, error) {
	if r != outcryv1.Resolution_RESOLUTION_1S && r != outcryv1.Resolution_RESOLUTION_1M {
		return "", fmt.Errorf("bars of %v are not kept", r)
	}
	return Resolutions.Word(int32(r)), nil
}

// Kind of a shard.
func Kind(word string) (events.Kind, error) {
	kind, ok := events.KindOf(word)
	if !ok {
		return 0, fmt.Errorf("kind %q: %w", word, ErrUnknown)
	}
	return kind, nil
}
