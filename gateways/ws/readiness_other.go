//go:build !linux

package ws

import (
	"errors"
	"net"
)

// readiness: here every connection has a goroutine that waits for its bytes.
type readiness struct{}

func newReadiness() (*readiness, error) { return nil, errors.ErrUnsupported }

func parks(net.Conn) bool { return false }

func (*readiness) arm(*connection) error { return errors.ErrUnsupported }

func (*readiness) watch(func(id uint64)) {}

func (*readiness) close() {}
