package embedded

import (
	"errors"
	"os"
	"syscall"
)

const (
	errSharingViolation = syscall.Errno(32)
	errHandleDiskFull   = syscall.Errno(39)
	errDiskFull         = syscall.Errno(112)
)

// syncDir: NTFS journals the folder itself and gives no way to ask for it.
func syncDir(string) error { return nil }

// lockFile opens the file so that nobody else can open it for writing, until
// the handle is closed or the process ends.
func lockFile(name string) (f *os.File, held bool, err error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, &os.PathError{Op: "open", Path: name, Err: err}
	}
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE,
		syscall.FILE_SHARE_READ, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), false, nil
}

// lockHeld looks whether somebody has the file open for writing alone.
func lockHeld(name string) bool {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		f.Close() // nothing was written
	}
	return errors.Is(err, errSharingViolation)
}

func diskFull(err error) bool {
	return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull) || errors.Is(err, syscall.ENOSPC)
}
