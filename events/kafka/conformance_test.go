package kafka_test

import (
	"testing"

	"outcry/events"
	"outcry/events/eventstest"
	"outcry/events/kafka"
)

// Breaks for users: the cluster's log would behave unlike the laptop's.
func TestLog(t *testing.T) {
	cluster := fake(t)
	eventstest.TestLog(t, func(t *testing.T) eventstest.Env {
		c := small(cluster)
		c.Prefix = newPrefix()
		return environment(t, c)
	})
}

func environment(t *testing.T, c kafka.Config) eventstest.Env {
	log := mustOpen(t, c)
	return eventstest.Env{Log: log, RecordBytes: kafka.RecordBytesMax, Reopen: func(t *testing.T) events.Log {
		mustClose(t, log)
		return mustOpen(t, c)
	}}
}
