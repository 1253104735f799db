// Package topics joins pipelines with Kafka: raw topics that are read by a
// consumer group each, and the poison topic.
//
// A Source is Watermill's Subscriber. It fetches batches: what has arrived of a
// partition, up to a bound, is one message (raw.NewMessage). The next of that
// partition is given when the one before was acknowledged, so a slow log holds
// its producer's topic back and nothing else. Offsets are committed after the
// acknowledgement, never before, and at the latest a second later: what was
// acknowledged just before a crash comes again, with the same identities.
//
// Each topic has a group of its own, because members of one group that follow
// different topics would stop each other at every change. Shards do not read
// through groups: nothing rebalances on the way of an event behind the log.
//
// Missing topics are made, raw ones with the brokers' defaults, the poison
// topic with one partition and compacted.
//
// Broker trouble is retried for ever with bounded pauses and told to the
// logger; only Open fails, when no broker answers. To test with it: kfake.
package topics
