package kafka_test

import (
	"testing"

	"outcry/events/eventstest"
	"outcry/events/kafka"
	"outcry/internal/engines"
)

// real is a cluster of three brokers for all tests that want one; started by the first.
var real *engines.Cluster

func brokers(t testing.TB) *engines.Cluster {
	t.Helper()
	engines.Need(t)
	if real == nil {
		real = engines.Run(engines.Options{Engine: engines.KafkaEngine, Members: 3, Settings: "log.cleaner.backoff.ms=200"})
	}
	real.StartAll()
	return real
}

// Breaks for users: what holds on the double would not hold on their cluster.
func TestLogOnRealBrokers(t *testing.T) {
	cluster := brokers(t)
	eventstest.TestLog(t, func(t *testing.T) eventstest.Env {
		return environment(t, kafka.Config{Brokers: cluster.Addresses(), Prefix: newPrefix(), Partitions: 2})
	})
}

func wanted() bool { return engines.Wanted() }
