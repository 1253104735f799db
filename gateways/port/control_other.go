//go:build !linux

package port

import (
	"net"
	"syscall"
	"time"
)

// control: the kernel's own bounds have to do.
func (*options) control(_, _ string, _ syscall.RawConn) error { return nil }

func watch(l net.Listener, _ time.Duration) net.Listener { return l }
