package fault

import (
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"

	outcryv1 "outcry/proto/outcry/v1"
)

// Write answers an HTTP request with an error: its status, Retry-After in whole
// seconds where there is a time to wait, and the error as protobuf JSON.
func Write(w http.ResponseWriter, e *outcryv1.Error) {
	body, err := protojson.Marshal(e)
	if err != nil { // a text that is not UTF-8
		body = []byte(`{"code":"` + e.GetCode().String() + `"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if e.GetRetryAfterMs() > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.GetRetryAfterMs()+999)/1000)))
	}
	w.WriteHeader(HTTPStatus(e.GetCode()))
	_, _ = w.Write(append(body, '\n')) // the client may be gone, and nobody else wants to know
}
