// Package embedded is the log's own engine: an events.Log in segment files of
// one folder. It stands between the publisher, whose records it makes durable,
// and the shards, whose readers it feeds.
//
// All partitions share one append stream. Publish hands records to a single
// committer; it takes everything that has gathered, writes it as one group,
// syncs the file once, and only then gives the records their positions, shows
// them to readers and answers. Meanwhile the next group gathers.
//
// Order: records of one Publish keep their order within a partition; between
// calls that run at once there is none. A reader sees exactly the records of
// its partition from its offset on, without a hole, each once.
//
// Ownership: a published payload belongs to the log and is handed to tailing
// readers as it is, so nobody may change it, neither publisher nor reader.
//
// Back-pressure: Publish waits while Config.QueueBytes are not yet durable.
// Tailing readers take records from Config.TailBytes of memory; who is slower
// reads from the files. A subscription has at most 1,024 records or 4 MiB
// under way that are not acknowledged, and then waits for the oldest.
//
// Failure: a failed sync or write ends the log (Err); it never tries a sync
// again, because the kernel may have dropped what it could not write. A full
// disk refuses appends with ErrDiskFull, cuts the file back to the last
// durable group and takes appends again when there is room. At Open a torn
// tail is cut off; damage with durable data after it is refused with its
// place, as is every record whose checksum does not hold (DamageError).
//
// The files are described in docs/FORMATS.md. Test with faultfs, a file system in
// memory that loses, tears and reorders what was not synced.
package embedded
