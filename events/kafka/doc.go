// Package kafka is the log on a Kafka cluster: an events.Log in one topic a
// kind. It stands where events/embedded stands on a laptop, between the
// publisher, whose records it makes durable, and the shards, whose readers it
// feeds; both pass the same suite, events/eventstest.
//
// Order: records of one Publish keep their order within a partition; between
// calls that run at once there is none. A reader sees exactly the records of
// its partition from its offset on, each once, without a consumer group, so
// nothing rebalances. Offsets have no holes: where Kafka itself keeps one, for
// the end of a foreign producer's transaction, readers get a record without
// bytes. Other records of transactions come as they were written, whether they
// are committed or not: nobody's open transaction holds readers up. A record
// that is none of ours is the host's to judge.
//
// Durable is what all replicas in sync have, at least two of them, where no
// other replica may become leader. Open verifies that, creates the topics
// where there are none, and refuses topics that may lose what was
// acknowledged, unless Config.AcceptWeak says otherwise.
//
// Ownership: a published payload belongs to the log. Readers get copies.
//
// Back-pressure: Publish waits for the brokers, up to Config.PublishTimeout; at
// most 16 calls are under way or were given up while the producer still tries.
// A reader has at most 1,024 records or 4 MiB under way that are not
// acknowledged, and about 1.5 MiB fetched behind them; then its partition is not
// fetched until it goes on, and the others are.
//
// Failure: brokers that are away, elections, restarts and lost rights are tried
// again, readers for ever, publishers for their time; Log.State and the
// Observer tell of the change, once. Final (Err) are only a log that is not the
// one that was opened (ErrReplaced) and durable records that are gone
// (ErrTruncated): both end all readers, and the next start compares its
// checkpoints with what is left.
//
// To test with it: kfake in process, as the tests here do; real brokers with
// OUTCRY_ENGINES=1. Topics and settings are described in docs/FORMATS.md.
package kafka
