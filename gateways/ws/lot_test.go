package ws

import (
	"net"
	"runtime"
	"sync"
	"testing"
)

// Breaks for users: a server that ends a connection just when it begins to wait
// would wait for its bytes for ever, and could not stop.
func TestAConnectionThatIsOverDoesNotPark(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("here none does")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	all := lot{group: &group}
	c := &connection{conn: conn, raw: rawOf(conn)}
	all.enter(c)
	if c.place == nil {
		t.Fatal("there was no place")
	}
	c.Close()
	if c.park() {
		t.Error("it waits")
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	all.leave(c)
	group.Wait() // for who watches
}
