package main

import (
	"testing"

	"outcry/internal/engines"
)

// Breaks for users: a machine of the store fails, and prices come late, or rows
// are missing for ever.
func TestFaultsOfTheStoreLoseNothingAndDoubleNothing(t *testing.T) {
	engines.Need(t)
	needScylla(t)
	sufferAll(t, storeFaults, func(t *testing.T) *house {
		h := &house{t: t, whole: t}
		_, h.cassandra = realEngines.on(t, 3)
		h.server = newServerOn(t, engineSet{"three nodes", func(t *testing.T) string { return realEngines.settingsOn(t, 1, h.cassandra) }})
		return h
	})
}
