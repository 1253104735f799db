package faultfs

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// errFull is what the log takes for a full disk on every platform.
const errFull = syscall.ENOSPC

// CrashAt cuts the power in the middle of the n-th operation from now that
// changes something; 0 never.
func (fs *FS) CrashAt(n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.crashAt = 0
	if n > 0 {
		fs.crashAt = fs.ops + n
	}
}

// Down says whether the power is cut.
func (fs *FS) Down() bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.down
}

// SetCapacity limits the bytes of all files together; 0 takes the limit away.
func (fs *FS) SetCapacity(bytes int64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.capacity = bytes
}

// Used gives the bytes of all files.
func (fs *FS) Used() int64 {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.used
}

// SetFree sets what Free says; before, it says that it does not know.
func (fs *FS) SetFree(ratio float64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.free, fs.freeKnown = ratio, true
}

// FailSync lets the next sync of a file or folder fail. What it should have
// brought to the disk never gets there.
func (fs *FS) FailSync(err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.syncErr = err
}

// Flip flips one bit of a file, on the disk and for programs.
func (fs *FS) Flip(name string, bit int64) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	node := fs.names[filepath.Clean(name)]
	if node == nil || bit/8 >= int64(len(node.data)) {
		return fmt.Errorf("flipping bit %d of %s: %w", bit, name, os.ErrNotExist)
	}
	node.data[bit/8] ^= 1 << (bit % 8)
	if bit/8 < int64(len(node.disk)) {
		node.disk[bit/8] ^= 1 << (bit % 8)
	}
	return nil
}

// Reboot cuts the power and gives the file system as it is afterwards.
func (fs *FS) Reboot(r *rand.Rand) *FS {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.down = true
	names := maps.Clone(fs.disk)
	for _, change := range fs.renames {
		if r.IntN(2) == 0 {
			change.apply(names)
		}
	}
	return fs.rebuild(names, func(after *FS, n *inode) *inode { return n.survive(after, r) })
}

// Restart is what follows when only the process was killed, not the power cut:
// nothing is lost, and what was not synced still is not. Whoever used the file
// system before must be done with it.
func (fs *FS) Restart() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.down, fs.crashAt = false, 0
	clear(fs.locked)
}

// Clone gives the file system as programs see it, all of it durable, and leaves this one as it is.
func (fs *FS) Clone() *FS {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.rebuild(fs.names, func(after *FS, n *inode) *inode { return after.inode(slices.Clone(n.data)) })
}

func (fs *FS) rebuild(names map[string]*inode, copied func(*FS, *inode) *inode) *FS {
	after := New()
	after.free, after.freeKnown = fs.free, fs.freeKnown
	seen := map[*inode]*inode{} // a file that a cut rename left with two names stays one
	for _, name := range slices.Sorted(maps.Keys(names)) {
		node := names[name]
		if seen[node] == nil {
			seen[node] = copied(after, node)
		}
		after.names[name] = seen[node]
	}
	after.disk = maps.Clone(after.names)
	return after
}
