package rpc

import (
	"net/http"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

var errorWriter = connect.NewErrorWriter()

// WriteError answers a request that reached no handler in the words of its
// protocol: gRPC's, gRPC-Web's or Connect's, else as fault.Write does.
func WriteError(w http.ResponseWriter, r *http.Request, e *outcryv1.Error) {
	if !errorWriter.IsSupported(r) {
		fault.Write(w, e)
		return
	}
	_ = errorWriter.Write(w, r, Coded(e)) // the client may be gone, and nobody else wants to know
}
