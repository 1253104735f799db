package rpc

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: a page, a chart or a producer of JSON that is refused would
// read the words of another protocol, and not when it may come again.
func TestARefusalIsInTheWordsOfItsProtocol(t *testing.T) {
	const ours, connect, grpc = "ours", "Connect", "gRPC"
	for _, c := range []struct{ method, path, contentType, want string }{
		{http.MethodGet, "/ws", "", ours},
		{http.MethodGet, "/udf/history?symbol=A", "", ours},
		{http.MethodPost, "/v1/ingest", "application/json", ours},
		{http.MethodPost, "/outcry.v1.Outcry/Bars", "application/json", connect},
		{http.MethodPost, "/outcry.v1.Outcry/Connect", "application/grpc", grpc},
		{http.MethodPost, "/grpc.health.v1.Health/Check", "application/grpc", grpc},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Content-Type", c.contentType)
		WriteError(w, r, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, "slower"))
		e, got := &outcryv1.Error{}, connect
		switch {
		case w.Header().Get("Grpc-Status") != "":
			got = grpc
		case protojson.Unmarshal(w.Body.Bytes(), e) == nil && e.GetText() == "slower" && w.Header().Get("Retry-After") == "1":
			got = ours
		}
		if got != c.want {
			t.Errorf("%s %s was answered in the words of %s, not %s: %d %v %s", c.method, c.path, got, c.want, w.Code, w.Header(), w.Body)
		}
	}
}
