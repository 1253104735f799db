package ws_test

import (
	"testing"

	"go.uber.org/goleak"

	"outcry/gateways/gatewaytest"
)

func TestMain(m *testing.M) {
	// Proto.Actor keeps a throttle of dead letters for as long as the process lives.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// Whatever a client may rely on must hold over this transport, too.
func TestBinaryMessagesKeepTheContract(t *testing.T) { gatewaytest.Run(t, transport(binaryProtocol)) }

func TestJSONMessagesKeepTheContract(t *testing.T) { gatewaytest.Run(t, transport(jsonProtocol)) }
