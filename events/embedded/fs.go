package embedded

import "io"

// FS is what the log needs of a file system. Names are paths as the operating
// system writes them. What Create, Rename and Remove do to a folder is durable
// only after SyncDir, what is written to a file only after its Sync.
type FS interface {
	MkdirAll(dir string) error
	// ReadDir gives the names in dir in any order.
	ReadDir(dir string) ([]string, error)
	// OpenFile opens with the flags of package os, O_CREATE and O_TRUNC among them.
	OpenFile(name string, flag int) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
	// Lock takes a lock that ends with the process, at the latest. It gives
	// a *LockedError where another one holds it.
	Lock(name string) (io.Closer, error)
	// Free gives the share of the disk that is free, 0 to 1; not ok where it is not known.
	Free(dir string) (ratio float64, ok bool)
}

// File is one open file. ReadAt may be called from many goroutines.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync returns when everything written so far is durable. After an
	// error nothing is known about any of it.
	Sync() error
}
