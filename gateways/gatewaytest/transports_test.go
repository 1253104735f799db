package gatewaytest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"outcry/gateways/gatewaytest"
	"outcry/gateways/port"
	"outcry/gateways/pump"
)

const patience = 20 * time.Second

// way is one way to a client: what the server has on its port, and a stock client for it.
type way struct {
	serve func(*pump.Pumps) http.Handler
	dial  func(t *testing.T, address string) gatewaytest.Client
}

// ways are all of them; each keeps the same contract.
var ways = map[string]way{
	"WebSocketBinary": overWebSocket(binaryProtocol),
	"WebSocketJSON":   overWebSocket(jsonProtocol),
	"GRPC":            overGRPC(),
	"ConnectJSON":     overConnect(),
}

// start is gatewaytest.Transport.
func (w way) start(t *testing.T, pumps *pump.Pumps) gatewaytest.Dial {
	address := serve(t, w.serve(pumps))
	return func(t *testing.T) gatewaytest.Client { return w.dial(t, address) }
}

// Breaks for users: what a client may rely on would depend on how it connects.
func TestEveryTransportKeepsTheContract(t *testing.T) {
	for name, one := range ways {
		t.Run(name, func(t *testing.T) { gatewaytest.Run(t, one.start) })
	}
}

func TestMain(m *testing.M) {
	// Proto.Actor keeps a throttle of dead letters for as long as the process lives.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// serve puts a handler on a port as the binary does, and gives its host:port.
// It ends with the test, after the clients.
func serve(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(nil)
	s.Listener, s.Config = l, port.NewServer(h)
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}
