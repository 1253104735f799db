// Package sqlite keeps the rows of projections in one SQLite file: the store
// of a single machine, open to the sqlite3 shell while it is served. It is the
// home of modernc.org/sqlite. docs/formats/sqlite.md describes tables and views.
//
// One connection writes, several read; in WAL mode neither waits for the
// other. A Write is one transaction. Ordinary ones are not synced: the log is
// the truth, and after a power cut the newest transactions are folded again. A
// Write with a checkpoint is synced, because the log may be cut off behind it.
//
// Bounds: the readers' number; whoever comes when all are busy waits for one.
// A lock that another process holds on the file is waited for up to 5 s, then
// Write fails and the row writer tries again.
package sqlite
