package port

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// control sets what has to be set before the port listens.
func (o *options) control(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
		o.judged = giveUp(int(fd), o.dead) == nil // Linux 6.15 and newer
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("bounding what is unsent in the kernel: %w", err)
	}
	return nil
}

// giveUp has the kernel end connections whose peers do not acknowledge for so long.
//
// It sends unacknowledged bytes 15 times (net.ipv4.tcp_retries2), at growing
// intervals, which add up to 15 minutes where the last ones are 120 s long as by
// default. TCP_USER_TIMEOUT, the obvious way, ends a connection whose window stayed
// shut for that long even if its peer answers every probe: that is a client which
// merely does not read. A bound on the intervals does not: each answer starts the count anew.
func giveUp(fd int, dead time.Duration) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_RTO_MAX_MS, int((dead / 18).Milliseconds()))
}
