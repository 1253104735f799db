package gatewaytest_test

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/port"
	"outcry/gateways/port/porttest"
	"outcry/gateways/pump"
)

// deadAfter is shorter than in life; the port's own test has both.
const deadAfter = 20 * time.Second

// Breaks for users: whoever lost the network is shown as being there for a quarter
// of an hour, and holds a place for as long.
func TestAClientThatVanishedIsGoneFromEveryTransport(t *testing.T) {
	wire := porttest.Open(t)
	var left sync.WaitGroup
	for name, one := range ways {
		floor, pumps := gatewaytest.Open(t, pump.Observer{})
		floor.Define("NEXT-DOOR")
		var l net.Listener
		wire.Server(func() (err error) {
			l, err = port.ListenFor(t.Context(), porttest.Host, deadAfter)
			return err
		})
		one.openAt(t, l, pumps)
		conn := one.wrap(wire.Dial(l.Addr().String()))
		said := one.spoken(t)
		if _, err := conn.Write(slices.Concat(said.head, said.body)); err != nil {
			t.Fatal(err)
		}
		if answer := first(conn, moment, greeted); len(answer) == 0 || pumps.Clients() != 1 {
			t.Fatalf("%s: %d clients are there, and %q was said", name, pumps.Clients(), answer)
		}
		left.Go(func() {
			for began := time.Now(); pumps.Clients() > 0; time.Sleep(10 * time.Millisecond) {
				if time.Since(began) > deadAfter {
					t.Errorf("%s: after %s it is still there", name, deadAfter)
					return
				}
			}
		})
	}
	wire.Cut()
	left.Wait()
}
