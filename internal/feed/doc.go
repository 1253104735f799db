// Package feed reads files and request bodies of other people's formats
// (csv, ndjson, binance captures, irc logs) into the inputs of Outcry: it is
// what stands before the log on the way of an event, for `outcry import` and
// for POST /v1/ingest alike.
//
// A Reader gives one input after the other. A line that cannot be read is a
// *LineError, after which reading goes on; any other error is the end. Lines
// are at most MaxLine long and nothing is kept between lines but the
// definitions that were asked for, so files of any size take the same memory.
package feed
