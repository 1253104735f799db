package gatewaytest_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
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
	tls   bool
	// spoken is a good conversation in bytes, and protocols are what TLS is asked for before it.
	spoken    func(*testing.T) spoken
	protocols []string
}

// ways are all of them; each keeps the same contract.
var ways = map[string]way{
	"WebSocketBinary":  overWebSocket(binaryProtocol),
	"WebSocketJSON":    overWebSocket(jsonProtocol),
	"WebSocketTLS":     overWebSocketTLS(),
	"WebSocketDeflate": overWebSocketDeflate(),
	"GRPC":             overGRPC(),
	"GRPCTLS":          overGRPCTLS(),
	"ConnectJSON":      overConnect(),
}

// start is gatewaytest.Transport.
func (w way) start(t *testing.T, pumps *pump.Pumps) gatewaytest.Dial {
	address := w.open(t, pumps)
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

// open puts a way on a port as the binary does, and gives its host:port. It
// ends with the test, after the clients.
func (w way) open(t *testing.T, pumps *pump.Pumps) (address string) {
	t.Helper()
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.openAt(t, l, pumps)
	return l.Addr().String()
}

func (w way) openAt(t *testing.T, l net.Listener, pumps *pump.Pumps) {
	t.Helper()
	s, ended := port.NewServer(w.serve(pumps), nil), make(chan error, 1)
	if w.tls {
		s = port.NewServer(w.serve(pumps), certificate(t))
	}
	s.ErrorLog = log.New(panics{t}, "", 0)
	if w.tls {
		go func() { ended <- s.ServeTLS(l, "", "") }()
	} else {
		go func() { ended <- s.Serve(l) }()
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// panics fails the test where a handler panicked: it costs one request, which nobody may look at.
type panics struct{ t *testing.T }

func (p panics) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) {
		p.t.Errorf("%s", line)
	}
	return len(line), nil
}

func certificate(t *testing.T) *port.Certificate {
	t.Helper()
	cert, key, _, err := port.SelfSigned(t.TempDir(), []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := port.LoadCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// unchecked takes any certificate: who vouches for whom is tested elsewhere.
func unchecked() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
