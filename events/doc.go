// Package events is the log's stage on the way of an event: what clients and
// feeds say goes in as inputs, is gathered into batches (one record of one
// partition each), becomes durable, and is read back by shards from an exact
// offset.
//
// A record's bytes are protobuf (outcry.v1.Batch). The codec writes and reads
// the tick columns by hand, because the generated code costs three times as
// much. Engines stand behind Log; eventstest says what each must do.
package events
