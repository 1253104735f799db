//go:build !linux

package port

import "syscall"

// control: the kernel's own bound has to do.
func control(_, _ string, _ syscall.RawConn) error { return nil }
