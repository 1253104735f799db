package faultfs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"outcry/events/embedded"
)

// ErrPowerCut is what every operation gives from the power cut on.
var ErrPowerCut = errors.New("the power is cut")

// FS is the file system; New makes one.
type FS struct {
	mu      sync.Mutex
	names   map[string]*inode // as programs see them
	disk    map[string]*inode // as of the last SyncDir
	renames []rename          // since then
	locked  map[string]bool

	ops, crashAt   int // crashAt 0: never
	down           bool
	capacity, used int64 // capacity 0: no limit
	free           float64
	freeKnown      bool
	syncErr        error // of the next sync
}

var _ embedded.FS = (*FS)(nil)

// rename is one change of names, which happens whole or not at all: node gets
// the name to (unless that is ""), and nothing has the name from any more.
type rename struct {
	node     *inode
	from, to string
}

func (r rename) apply(names map[string]*inode) {
	delete(names, r.from)
	if r.to != "" {
		names[r.to] = r.node
	}
}

// New makes an empty file system without limits.
func New() *FS {
	return &FS{names: map[string]*inode{}, disk: map[string]*inode{}, locked: map[string]bool{}}
}

func (fs *FS) inode(data []byte) *inode {
	fs.used += int64(len(data))
	return &inode{fs: fs, data: data, disk: slices.Clone(data)}
}

// change runs an operation that changes something. When the power goes while
// it runs, it is done as far as programs see, and nobody hears of it.
func (fs *FS) change(do func() error) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.changeLocked(do)
}

func (fs *FS) changeLocked(do func() error) error {
	if fs.down {
		return ErrPowerCut
	}
	fs.ops++
	err := do()
	if fs.ops == fs.crashAt {
		fs.down = true
		return ErrPowerCut
	}
	return err
}

// sync is change for syncs: when the power goes, nothing was synced yet.
func (fs *FS) sync(do func() error) error {
	return fs.change(func() error {
		if fs.ops == fs.crashAt {
			return nil
		}
		return do()
	})
}

func (fs *FS) takeSyncError() error {
	err := fs.syncErr
	fs.syncErr = nil
	return err
}

// room takes n bytes of the disk, or as many as there are.
func (fs *FS) room(n int64) (got int64, err error) {
	if fs.capacity > 0 && fs.used+n > fs.capacity {
		n, err = max(0, fs.capacity-fs.used), errFull
	}
	fs.used += n
	return n, err
}

func (fs *FS) MkdirAll(string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.down {
		return ErrPowerCut
	}
	return nil
}

func (fs *FS) ReadDir(dir string) ([]string, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.down {
		return nil, ErrPowerCut
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fs.names)) {
		if filepath.Dir(name) == filepath.Clean(dir) {
			names = append(names, filepath.Base(name))
		}
	}
	return names, nil
}

// OpenFile knows os.O_CREATE and os.O_TRUNC; who may write is not checked.
func (fs *FS) OpenFile(name string, flag int) (embedded.File, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.down {
		return nil, ErrPowerCut
	}
	name = filepath.Clean(name)
	node := fs.names[name]
	if node == nil {
		if flag&os.O_CREATE == 0 {
			return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
		}
		node = fs.inode(nil)
		return &file{node}, fs.changeLocked(func() error { return fs.link(rename{node: node, to: name}) })
	}
	if flag&os.O_TRUNC != 0 && len(node.data) > 0 {
		return &file{node}, fs.changeLocked(func() error { return node.resize(0) })
	}
	return &file{node}, nil
}

func (fs *FS) link(r rename) error {
	if old := fs.names[r.to]; old != nil {
		fs.used -= int64(len(old.data))
	}
	r.apply(fs.names)
	fs.renames = append(fs.renames, r)
	return nil
}

func (fs *FS) Rename(from, to string) error {
	return fs.change(func() error {
		from, to := filepath.Clean(from), filepath.Clean(to)
		node := fs.names[from]
		if node == nil {
			return &os.PathError{Op: "rename", Path: from, Err: os.ErrNotExist}
		}
		return fs.link(rename{node: node, from: from, to: to})
	})
}

func (fs *FS) Remove(name string) error {
	return fs.change(func() error {
		name := filepath.Clean(name)
		node := fs.names[name]
		if node == nil {
			return &os.PathError{Op: "remove", Path: name, Err: os.ErrNotExist}
		}
		fs.used -= int64(len(node.data))
		return fs.link(rename{from: name})
	})
}

// SyncDir makes all names durable.
func (fs *FS) SyncDir(string) error {
	return fs.sync(func() error {
		if err := fs.takeSyncError(); err != nil {
			return err
		}
		fs.disk, fs.renames = maps.Clone(fs.names), nil
		return nil
	})
}

// Lock ends with its Close, or with a power cut.
func (fs *FS) Lock(name string) (io.Closer, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.locked[name] {
		return nil, &embedded.LockedError{Dir: filepath.Dir(name)}
	}
	fs.locked[name] = true
	return &lock{fs, name}, nil
}

// Held says whether Lock was called and not its Close.
func (fs *FS) Held(name string) (pid int, held bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return 0, fs.locked[name]
}

type lock struct {
	fs   *FS
	name string
}

func (l *lock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	if !l.fs.locked[l.name] {
		return fmt.Errorf("unlocking %s: %w", l.name, os.ErrClosed)
	}
	delete(l.fs.locked, l.name)
	return nil
}

// Free gives what SetFree set.
func (fs *FS) Free(string) (ratio float64, ok bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.free, fs.freeKnown
}
