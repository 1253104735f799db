// Package faultfs is a file system in memory that behaves as badly as disks
// may: for the tests of the log, and of what stands on it.
//
// It keeps two states: what programs see (the page cache) and what would be
// there after a power cut (the disk). Sync makes a file's bytes durable,
// SyncDir a folder's names. At a power cut each 512-byte sector that was
// written since is old or new, each for itself; a size that changed is old,
// new, or in between, with zeros where nothing arrived; each change of a name
// has happened or not. CrashAt stops everything in the middle of any operation;
// after it comes Reboot, or Restart where only the process was killed.
//
// It can also fill up, fail a sync, and flip bits. The same seed
// does the same. An FS may be used from many goroutines; one folder, no subfolders.
package faultfs
