package rpc

import (
	"context"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// maxRequest bounds a request's bytes; a batch of Ingest is the largest.
const maxRequest = 16 << 20

// Reads answers from the live actors and the store.
type Reads interface {
	Instruments(context.Context, *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error)
	Latest(context.Context, *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error)
	Bars(context.Context, *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error)
	Trades(context.Context, *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error)
	Rooms(context.Context, *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error)
	Members(context.Context, *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error)
	Bans(context.Context, *outcryv1.BansRequest) (*outcryv1.BansResponse, error)
	Messages(context.Context, *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error)
}

// Commands decides what people ask of rooms.
type Commands interface {
	SubmitWait(ctx context.Context, user string, staff bool, c *outcryv1.Command) (*outcryv1.Answer, error)
}

// Ingest takes inputs of feeds and files.
type Ingest interface {
	Ingest(context.Context, *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error)
}

// Hashes gives the rolling hashes of one partition, hexadecimal by entity, and the offset they stand at.
type Hashes interface {
	Hashes(ctx context.Context, kind string, partition int32) (offset int64, hashes map[string]string, err error)
}

// Revocations voids what was issued to a user.
type Revocations interface {
	// Revoke returns when it holds on this node: what was issued until that time is void.
	Revoke(ctx context.Context, user string) (until time.Time, err error)
}

// Config of the handler. Every field but Gate, Revocations and Now is needed.
type Config struct {
	// Gate lets people in; nil is identity.Open.
	Gate identity.Gate
	// Info is answered with the server's time.
	Info     *outcryv1.InfoResponse
	Reads    Reads
	Commands Commands
	Ingest   Ingest
	Hashes   Hashes
	// Revocations is nil where nobody signs in.
	Revocations Revocations
	// CodeOf maps an error of the interfaces above; nil means unavailable or internal.
	CodeOf func(error) outcryv1.ErrorCode
	Now    func() time.Time
}

// NewHandler gives the path prefix and the handler to mount there.
func NewHandler(c Config) (path string, h http.Handler) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Gate == nil {
		c.Gate = identity.Open{}
	}
	return outcryv1connect.NewOutcryHandler(&server{c},
		connect.WithInterceptors(signIn(c.Gate)), connect.WithReadMaxBytes(maxRequest), connect.WithCompressMinBytes(1024))
}

// NewClient calls the server at base, such as http://127.0.0.1:8080, with a
// token or API key; without one it says nothing of who calls.
func NewClient(base, token string) outcryv1connect.OutcryClient {
	return NewClientOver(http.DefaultTransport, base, token, "")
}

// NewClientOver is NewClient with connections of the caller's, and with his name where there is no token.
func NewClientOver(over http.RoundTripper, base, token, user string) outcryv1connect.OutcryClient {
	client := &http.Client{Transport: over}
	if token != "" || user != "" {
		client = &http.Client{Transport: bearing{token, user, over}, CheckRedirect: stay}
	}
	return outcryv1connect.NewOutcryClient(client, base)
}

// Unreachable says that nobody answered: the call may be tried again.
func Unreachable(err error) bool {
	return connect.CodeOf(err) == connect.CodeUnavailable && !connect.IsWireError(err)
}

// Refused says that the server, or what answers in its place, would refuse the same call again.
func Refused(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeUnimplemented, connect.CodePermissionDenied, connect.CodeUnauthenticated, connect.CodeNotFound:
		return true
	}
	return false
}
