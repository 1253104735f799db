package rpc

import (
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

var errorWriter = connect.NewErrorWriter()

// procedures are the paths of gRPC's, gRPC-Web's and Connect's requests. By method and content
// type alone, any GET and every POST of JSON could be Connect's.
var procedures = []string{"/outcry.v1.", "/grpc."}

// WriteError answers a request that reached no handler in the words of its
// protocol: gRPC's, gRPC-Web's or Connect's, else as fault.Write does.
func WriteError(w http.ResponseWriter, r *http.Request, e *outcryv1.Error) {
	ours := func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) }
	if !slices.ContainsFunc(procedures, ours) || !errorWriter.IsSupported(r) {
		fault.Write(w, e)
		return
	}
	_ = errorWriter.Write(w, r, Coded(e)) // the client may be gone, and nobody else wants to know
}
