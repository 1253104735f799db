package pump_test

import (
	"context"
	"testing"

	"outcry/gateways/identity"
	"outcry/gateways/pump"
	"outcry/gateways/relay/wire"
	outcryv1 "outcry/proto/outcry/v1"
)

// gate lets everybody in and keeps which tokens they brought.
type gate struct {
	identity.Open
	tokens chan string
}

func (g gate) SignIn(ctx context.Context, token string) (*identity.Identity, error) {
	g.tokens <- token
	return g.Open.SignIn(ctx, "")
}

// Breaks for users: a program that signs in by its HTTP head is not let in, or somebody
// who signs in anew gets the rights of the head's token back.
func TestTheHeadsTokenIsForAHelloThatBringsNone(t *testing.T) {
	g := gate{tokens: make(chan string, 10)}
	h := openBehind(t, g, pump.Config{})
	p := &peer{conn: newConn(), t: t}
	client, err := h.Open(p.conn, framing{}, wire.Binary, pump.Peer{Transport: "test"})
	if err != nil {
		t.Fatal(err)
	}
	client.Bearer("of the head")
	p.Client = client
	brings := func(f *outcryv1.ClientFrame, want string) {
		t.Helper()
		p.send(f)
		if got := <-g.tokens; got != want {
			t.Errorf("token %q was read, want %q", got, want)
		}
	}
	brings(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_Hello{Hello: &outcryv1.ClientHello{Version: 1}}}, "of the head")
	p.until("hello", func(f *outcryv1.ServerFrame) bool { return f.GetHello() != nil })
	brings(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_SignIn{SignIn: &outcryv1.SignIn{Token: "new"}}}, "new")
	brings(&outcryv1.ClientFrame{Frame: &outcryv1.ClientFrame_SignIn{SignIn: &outcryv1.SignIn{}}}, "")
}
