// Package pipeline takes events from topics outcry.raw.*, which any producer
// may fill, into the log: it stands before the publisher on the way of an
// event, beside files and requests.
//
// A Pipeline is a declared list of stages (package stage) that are applied to
// each message of a batch: normalise, deduplicate, filter, enrich. Applying
// them is pure: it gives an outcome for each message and changes nothing. A
// Runner is the shell: on Watermill's Router it takes batches from a Source,
// hands what passed to a Sink, writes what cannot pass to the poison topic and
// only then acknowledges the batch.
//
// Order: batches of a partition are handled one after the other, and the
// events of an instrument keep the order of their partition, except between
// producers that say different epochs.
//
// Exactly once in effect: a batch that comes again has the same identities, and
// the log's fold refuses them. Identity is the source's sequence, or where a
// message has none its place in the topic. Identity by a key or a field is told
// by the pipeline itself in a bounded window, which is filled again from the
// topic when a partition is taken over.
//
// When the log is slow or away, a batch waits and is tried again with bounded
// pauses, for as long as it takes; meanwhile nothing more of its partition is
// fetched. Only what can never pass becomes poison. What is remembered of
// partitions, their identities and definitions has bounds.
//
// To test with it: Pipeline.Trace for single messages, Runner with a Source,
// Sink and Poison in memory.
package pipeline
