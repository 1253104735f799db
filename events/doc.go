// Package events is the log's stage on the way of an event: what clients and
// feeds say goes in as inputs, is gathered into batches (one record of one
// partition each), becomes durable, and is read back by shards from an exact
// offset.
//
// A record's bytes are protobuf (outcry.v1.Batch). The codec (AppendBatch,
// Decoder) writes and reads the tick columns by hand, because the generated
// code costs three times as much; it refuses bytes that contradict themselves.
// A decoded Batch lives in memory that its Decoder uses again: it is valid
// until the next Decode.
//
// A Publisher is the way in. Each source opens a Stream, whose inputs of one
// entity stay in order; a record never mixes streams. There is no linger:
// while one group of records is being made durable, the next gathers. What is
// gathered and not yet durable is bounded in bytes; when it is full, whoever
// adds an input waits, until its context ends. Nothing is tried twice: a
// failed append is told to those who sent it, and what they do about it is theirs.
//
// Window tells a source's duplicates, PartitionOf places entities as Kafka
// does, ValidID says what may be an entity's id.
//
// Engines stand behind Log; eventstest says what each must do.
package events
