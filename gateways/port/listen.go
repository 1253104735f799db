package port

import (
	"context"
	"net"
	"time"
)

// deadAfter so long without a word of its kernel a peer is given up.
const deadAfter = 2 * time.Minute

// unsent bounds what the kernel takes of one connection beyond what is on its
// way: the rest stays with us and is framed later, from fresher versions.
const unsent = 16 << 10

// Listen opens the port at host:port.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return ListenFor(ctx, address, deadAfter)
}

// ListenFor is Listen where peers are given up after another time, 20 s at least.
func ListenFor(ctx context.Context, address string, dead time.Duration) (net.Listener, error) {
	// A connection with nothing under way is asked four times.
	alive := net.KeepAliveConfig{Enable: true, Idle: dead / 4, Interval: dead / 4, Count: 3}
	o := options{dead: dead}
	c := net.ListenConfig{KeepAliveConfig: alive, Control: o.control}
	c.SetMultipathTCP(false) // Go's default; its sockets know no such bound as giveUp's
	l, err := c.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if !o.judged {
		l = watch(l, dead)
	}
	return l, nil
}

// options of a socket that connections take over from the one that accepts them.
type options struct {
	dead   time.Duration
	judged bool // the kernel gives up by itself those of which bytes are under way
}
