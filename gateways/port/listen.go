package port

import (
	"context"
	"net"
	"time"
)

// A peer whose kernel does not answer these is dead after two minutes.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 30 * time.Second, Count: 3}

// unsent bounds what the kernel takes of one connection beyond what is on its
// way: the rest stays with us and is framed later, from fresher versions.
const unsent = 16 << 10

// Listen opens the port at host:port.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	c := net.ListenConfig{KeepAliveConfig: keepAlive, Control: control}
	return c.Listen(ctx, "tcp", address)
}
