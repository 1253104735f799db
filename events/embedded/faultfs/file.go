package faultfs

import (
	"io"
	"math/rand/v2"
	"os"

	"outcry/events/embedded"
)

// Sector is what a disk writes whole or not at all, in bytes.
const Sector = 512

// inode is a file without its name.
type inode struct {
	fs    *FS
	data  []byte       // as programs see it
	disk  []byte       // as of the last sync
	dirty map[int]bool // sectors that a sync will write
}

func (n *inode) touch(from, to int) {
	if n.dirty == nil {
		n.dirty = map[int]bool{}
	}
	for s := from / Sector; s*Sector < to; s++ {
		n.dirty[s] = true
	}
}

// resize gives the file another size, or as much of it as there is room for.
func (n *inode) resize(size int) error {
	if size <= len(n.data) {
		n.touch(size, len(n.data))
		clear(n.data[size:])
		n.fs.used -= int64(len(n.data) - size)
		n.data = n.data[:size]
		return nil
	}
	got, err := n.fs.room(int64(size - len(n.data)))
	n.touch(len(n.data), len(n.data)+int(got))
	n.data = append(n.data, make([]byte, got)...)
	return err
}

// sync brings what is dirty to the disk. A failed one does what Linux does
// after a failed write-back: programs go on seeing the new bytes, the disk
// does not get them, and the next sync knows nothing of it.
func (n *inode) sync() error {
	err := n.fs.takeSyncError()
	if err == nil {
		n.disk = sized(n.disk, len(n.data))
		for s := range n.dirty {
			from := min(s*Sector, len(n.data))
			copy(n.disk[from:], n.data[from:min(from+Sector, len(n.data))])
		}
	}
	clear(n.dirty)
	return err
}

// sized cuts b or adds zeros.
func sized(b []byte, size int) []byte {
	if size <= len(b) {
		return b[:size]
	}
	return append(b, make([]byte, size-len(b))...)
}

// survive gives what is on the disk after a power cut.
func (n *inode) survive(after *FS, r *rand.Rand) *inode {
	low, high := min(len(n.data), len(n.disk)), max(len(n.data), len(n.disk))
	size := []int{len(n.data), len(n.disk), low + r.IntN(high-low+1)}[r.IntN(3)]
	disk := make([]byte, size)
	copy(disk, n.disk)
	for s := 0; s*Sector < size; s++ {
		if from := s * Sector; n.dirty[s] && from < len(n.data) && r.IntN(2) == 0 {
			copy(disk[from:], n.data[from:min(from+Sector, len(n.data))])
		}
	}
	return after.inode(disk)
}

// file is an open inode.
type file struct{ node *inode }

var _ embedded.File = (*file)(nil)

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n := f.node
	n.fs.mu.Lock()
	defer n.fs.mu.Unlock()
	if n.fs.down {
		return 0, ErrPowerCut
	}
	if off >= int64(len(n.data)) {
		return 0, io.EOF
	}
	if got := copy(p, n.data[off:]); got < len(p) {
		return got, io.EOF
	}
	return len(p), nil
}

func (f *file) WriteAt(p []byte, off int64) (got int, err error) {
	n := f.node
	err = n.fs.change(func() error {
		end := int(off) + len(p)
		var full error
		if end > len(n.data) {
			full = n.resize(end)
		}
		got = copy(n.data[min(int(off), len(n.data)):], p)
		n.touch(int(off), int(off)+got)
		if full != nil {
			return &os.PathError{Op: "write", Path: "file", Err: full}
		}
		return nil
	})
	return got, err
}

func (f *file) Truncate(size int64) error {
	return f.node.fs.change(func() error { return f.node.resize(int(size)) })
}

func (f *file) Size() (int64, error) {
	f.node.fs.mu.Lock()
	defer f.node.fs.mu.Unlock()
	if f.node.fs.down {
		return 0, ErrPowerCut
	}
	return int64(len(f.node.data)), nil
}

func (f *file) Sync() error { return f.node.fs.sync(f.node.sync) }

// Close closes nothing: there are no handles to run out of.
func (f *file) Close() error { return nil }
