package port

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// control sets what connections take over from the socket that accepts them.
func control(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("bounding what is unsent in the kernel: %w", err)
	}
	return nil
}
