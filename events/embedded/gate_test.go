package embedded_test

import (
	"sync/atomic"

	"outcry/events/embedded"
	"outcry/events/embedded/faultfs"
)

// gatedFS holds syncs back while it is closed.
type gatedFS struct {
	*faultfs.FS
	closed atomic.Bool
	open   chan struct{}
}

func (fs *gatedFS) OpenFile(name string, flag int) (embedded.File, error) {
	f, err := fs.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	return gatedFile{f, fs}, nil
}

type gatedFile struct {
	embedded.File
	fs *gatedFS
}

func (f gatedFile) Sync() error {
	if f.fs.closed.Load() {
		<-f.fs.open
	}
	return f.File.Sync()
}
