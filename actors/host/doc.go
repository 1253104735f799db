// Package host makes entities (instruments, rooms) virtual actors: the stage
// between the log and everything that people see. A shard is one (kind,
// partition): one Proto.Actor actor that takes whole records, folds every
// entity of a record in one turn and hands on what was decided.
//
// The way of a record: the shard's reader gets it from the log, takes one of
// 64 credits and puts it into the mailbox; the shard's turn decodes it, lets
// due entities advance, folds its groups, gathers rows, tells sinks, answers
// awaits, calls Flushed, acknowledges it and gives the credit back. Position
// order per shard is kept; shards know nothing of each other.
//
// Ownership: an entity belongs to its shard's turn. Sinks and query functions
// run in that turn: they must not block, must not call into the Host and must
// copy what they keep. Rows belong to the RowWriter once handed over.
//
// Decisions are taken by the rules (packages instrument and room) from the log
// alone. The shard adds only what is a function of the log, too: the log's
// time (highest ingest time so far), to which due entities are advanced before
// a record's groups are folded. Replay runs the same code with effects off.
//
// An entity is activated on first touch. When it was not touched for
// Config.IdleAfter of the log's time it is passivated: packed into its snapshot
// bytes, in memory. Entities are never forgotten, so a shard's memory grows
// with the number of ids it has ever seen.
//
// A fold that panics costs its entity's turn only: the entity is rebuilt from
// the newest stored checkpoint and the log and the position tried once more.
// A second panic parks the entity: its inputs are refused from then on (counted
// as ENTITY_PARKED), the mark is part of checkpoints and hashes. Sinks are not
// folds: one that panics stops the shard. So do a record that can't be
// decoded, a gap in the offsets and a RowWriter that refuses; see Host.Failed.
//
// Checkpoints are due at the first record past CheckpointEvery or
// CheckpointBytes, a function of the log; one that is due while the one before
// is not stored yet is left out. Entities are packed a few a turn; one that is
// about to change is packed first, so the parts show the state at the
// checkpoint's record. Parts are compressed beside the turn.
//
// Back-pressure: a full mailbox makes the reader wait, so the log is read no
// faster than it is folded. Queries, awaits and watches are bounded in number
// (ErrBusy). A shard that is ready never waits for the store: rows that its
// writer has no room for are dropped, and the shard owes them. A catch-up then
// folds a copy of the shard from the newest stored checkpoint, for its rows
// alone, beside the turn, one shard at a time and a quarter of a core; see debt
// and catchUp. Meanwhile live rows go on, checkpoints are left out, and RowsWhole says no.
//
// To test with it, give Start any events.Log and any RowWriter, and wait on
// Host.Ready, AwaitFolded and Observer instead of sleeping.
package host
