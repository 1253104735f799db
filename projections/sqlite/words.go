package sqlite

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// enum turns a protobuf enum into the words that people read in the shell,
// such as "post" for MESSAGE_KIND_POST, and back. A value that this version
// does not know is written as its number; zero is the empty word.
type enum struct {
	prefix string
	names  map[int32]string
	values map[string]int32
}

func enumOf(prefix string, names map[int32]string, values map[string]int32) enum {
	return enum{prefix: prefix, names: map[int32]string{}, values: map[string]int32{"": 0}}.fill(names, values)
}

func (e enum) fill(names map[int32]string, values map[string]int32) enum {
	e.names[0] = ""
	for name, value := range values {
		if value != 0 && names[value] == name {
			word := strings.ToLower(strings.TrimPrefix(name, e.prefix))
			e.names[value], e.values[word] = word, value
		}
	}
	return e
}

var (
	sides       = enumOf("SIDE_", outcryv1.Side_name, outcryv1.Side_value)
	statuses    = enumOf("TRADING_STATE_", outcryv1.TradingState_name, outcryv1.TradingState_value)
	barStates   = enumOf("BAR_STATE_", outcryv1.BarState_name, outcryv1.BarState_value)
	roles       = enumOf("ROLE_", outcryv1.Role_name, outcryv1.Role_value)
	kinds       = enumOf("MESSAGE_KIND_", outcryv1.MessageKind_name, outcryv1.MessageKind_value)
	resolutions = enumOf("RESOLUTION_", outcryv1.Resolution_name, outcryv1.Resolution_value)
)

func (e enum) word(value int32) string {
	if word, ok := e.names[value]; ok {
		return word
	}
	return strconv.Itoa(int(value))
}

func (e enum) value(word string) (int32, error) {
	if value, ok := e.values[word]; ok {
		return value, nil
	}
	value, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("unknown word %q: %w", word, ErrDamaged)
	}
	return int32(value), nil
}

// resolutionWord refuses what is not kept: larger bars are merged on read.
func resolutionWord(r outcryv1.Resolution) (string, error) {
	if r != outcryv1.Resolution_RESOLUTION_1S && r != outcryv1.Resolution_RESOLUTION_1M {
		return "", fmt.Errorf("bars of %v are not kept", r)
	}
	return resolutions.word(int32(r)), nil
}

func kindOf(word string) (events.Kind, error) {
	kind, ok := events.KindOf(word)
	if !ok {
		return 0, fmt.Errorf("unknown kind %q: %w", word, ErrDamaged)
	}
	return kind, nil
}

// digits writes a 128-bit integer in full; nil is NULL. SQLite's integers have 64 bits.
func digits(n *outcryv1.Int128) any {
	if n == nil {
		return nil
	}
	if n.Hi == int64(n.Lo)>>63 { // fits in 64 bits, as nearly all do
		return strconv.FormatInt(int64(n.Lo), 10)
	}
	v := new(big.Int).Lsh(big.NewInt(n.Hi), 64)
	return v.Add(v, new(big.Int).SetUint64(n.Lo)).String()
}

func parseDigits(text *string) (*outcryv1.Int128, error) {
	if text == nil {
		return nil, nil
	}
	if n, err := strconv.ParseInt(*text, 10, 64); err == nil {
		return &outcryv1.Int128{Hi: n >> 63, Lo: uint64(n)}, nil
	}
	v, ok := new(big.Int).SetString(*text, 10)
	if !ok || v.BitLen() > 127 && v.Cmp(lowest128) != 0 {
		return nil, fmt.Errorf("%q is no 128-bit integer: %w", *text, ErrDamaged)
	}
	lo := new(big.Int).And(v, low64)
	return &outcryv1.Int128{Hi: new(big.Int).Rsh(v, 64).Int64(), Lo: lo.Uint64()}, nil
}

var (
	low64     = new(big.Int).SetUint64(1<<64 - 1)
	lowest128 = new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 127))
)
