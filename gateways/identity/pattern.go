package identity

import (
	"fmt"
	"strings"

	"outcry/events"
)

// mainNamespace is that of ids that name none.
const mainNamespace = "main"

// glob is a pattern with wildcards.
type glob struct{ namespace, name string }

func (g *glob) matches(namespace, name string) bool {
	return match(g.namespace, namespace) && match(g.name, name)
}

// split checks a pattern: an id in which * may stand anywhere.
func split(pattern string) (namespace, name string, err error) {
	if len(pattern) > patternBytes {
		return "", "", fmt.Errorf("pattern of %d bytes, at most %d are possible", len(pattern), patternBytes)
	}
	// A star stands for what ids are made of, so what is left must be one.
	if err := events.ValidID(strings.ReplaceAll(pattern, "*", "x")); err != nil {
		return "", "", fmt.Errorf("pattern %q: %w", pattern, err)
	}
	namespace, name, found := strings.Cut(pattern, "/")
	if !found {
		namespace, name = mainNamespace, pattern
	}
	return namespace, name, nil
}

// match compares a text with a pattern in which * stands for any characters. When
// what follows a star fails, only the last star takes one more: with the
// earlier ones it could not fit either, so the time is at most len(pattern) × len(text).
func match(pattern, text string) bool {
	p, t, star, after := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, after = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			after++
			p, t = star+1, after
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
