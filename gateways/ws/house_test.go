package ws_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"outcry/gateways/pump"
	"outcry/gateways/ws"
)

const (
	binaryProtocol = "outcry.v1.proto"
	jsonProtocol   = "outcry.v1.json"
	patience       = 20 * time.Second
)

func TestMain(m *testing.M) {
	// Proto.Actor keeps a throttle of dead letters for as long as the process lives.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// serve puts a server on a port and gives its URL. It ends with the test, after the clients.
func serve(t *testing.T, pumps *pump.Pumps, frameBytes int) (url string) {
	s := ws.NewServer(ws.Config{Pumps: pumps, FrameBytes: frameBytes})
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return "ws" + strings.TrimPrefix(h.URL, "http")
}
