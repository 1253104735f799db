package embedded

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// OS is the operating system's file system. Files belong to the user alone
// (0600, folders 0700): the log holds what people say to each other.
type OS struct{}

func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, 0o700) }

func (OS) Rename(from, to string) error { return os.Rename(from, to) }

func (OS) Remove(name string) error { return os.Remove(name) }

func (OS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (OS) OpenFile(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (OS) SyncDir(dir string) error { return syncDir(dir) }

func (OS) Free(dir string) (ratio float64, ok bool) { return freeRatio(dir) }

// Lock writes the process's id into the file, for the message of who comes second.
func (OS) Lock(name string) (io.Closer, error) {
	f, held, err := lockFile(name)
	if err != nil {
		return nil, err
	}
	if held {
		return nil, &LockedError{Dir: filepath.Dir(name), PID: readPID(name)}
	}
	if err := writePID(f); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, closing(f, err))
	}
	return f, nil
}

// Held says whether a process has the lock, and which where that is known.
func (OS) Held(name string) (pid int, held bool) {
	if !lockHeld(name) {
		return 0, false
	}
	return readPID(name), true
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// readPID gives 0 where the file holds none, yet or at all.
func readPID(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func (f osFile) Sync() error { return syncFile(f.File) }
