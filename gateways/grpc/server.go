package grpc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	"outcry/gateways/identity"
	"outcry/gateways/limit"
	"outcry/gateways/pump"
	"outcry/gateways/relay/wire"
	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// Config of the handler. Pumps is required.
type Config struct {
	Pumps *pump.Pumps
	// FrameBytes bounds a message of a client; default 64 KiB.
	FrameBytes int
}

type server struct{ Config }

// both is the stream as the Connect library gives it.
type both = connect.BidiStream[outcryv1.ClientFrame, outcryv1.ServerFrames]

// NewHandler gives the path of Connect and the handler to mount there. It
// trusts that Host and Origin were checked (gateways/guard).
func NewHandler(c Config) (path string, h http.Handler) {
	if c.FrameBytes == 0 {
		c.FrameBytes = 64 << 10
	}
	s := &server{c}
	streams := connect.NewBidiStreamHandler(outcryv1connect.OutcryConnectProcedure, s.connect,
		connect.WithReadMaxBytes(c.FrameBytes),
		// Frames are small, and unfolding 64 KiB costs up to a thousand times as much as sending them.
		connect.WithCompression("gzip", nil, nil))
	return outcryv1connect.OutcryConnectProcedure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streams.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), responseKey{}, w)))
	})
}

// responseKey is where connect finds what it writes to.
type responseKey struct{}

// connect serves one stream; what it returns becomes the status.
func (s *server) connect(ctx context.Context, b *both) error {
	out, err := newStream(ctx.Value(responseKey{}).(http.ResponseWriter))
	if err != nil {
		return err
	}
	if err := b.Send(nil); err != nil { // the headers: clients wait for them
		return err
	}
	encoding := encodingOf(b.RequestHeader().Get("Content-Type"))
	client, err := s.Pumps.Open(out, framing{out}, encoding, pump.Peer{Transport: "grpc", Peer: limit.PeerOf(ctx, b.Peer().Addr)})
	if err != nil {
		return rpc.Coded(fault.NewError(pump.CodeOf(err), err.Error()))
	}
	client.Bearer(identity.Bearer(b.RequestHeader()))
	err = receive(ctx, b, client)
	<-client.Ended()
	out.wait()
	return out.status(err)
}

func encodingOf(contentType string) wire.Encoding {
	if strings.HasSuffix(contentType, "+json") {
		return wire.JSON
	}
	return wire.Binary
}

// receive hands over what the client sends until the client goes or is gone.
func receive(ctx context.Context, b *both, client *pump.Client) error {
	for {
		f, err := b.Receive()
		switch {
		case err == nil:
			if !client.Receive(f) {
				return nil
			}
		case errors.Is(err, io.EOF): // it has nothing more to say
			select {
			case <-ctx.Done():
				client.Drop()
			case <-client.Ended():
			}
			return nil
		case connect.CodeOf(err) == connect.CodeInvalidArgument: // the message is read, and is no frame
			if !client.Refuse(outcryv1.ErrorCode_ERROR_CODE_MALFORMED, textOf(err)) {
				return nil
			}
		case connect.CodeOf(err) == connect.CodeResourceExhausted:
			client.Leave(nil)
			return rpc.Coded(fault.NewError(outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, textOf(err)))
		default: // the connection is lost, or the pump closed it
			client.Drop()
			return err
		}
	}
}

// textOf an error of the Connect library, without its code.
func textOf(err error) string {
	var coded *connect.Error
	if errors.As(err, &coded) {
		return coded.Message()
	}
	return err.Error()
}
