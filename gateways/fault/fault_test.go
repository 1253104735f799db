package fault

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Breaks for users: with a code of which nothing is said a client would not know
// whether to send again, and lose a message or send it for ever.
func TestEveryCodeSaysWhatAClientMayDo(t *testing.T) {
	for number, name := range outcryv1.ErrorCode_name {
		code := outcryv1.ErrorCode(number)
		if _, ok := table[code]; ok == (code == outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED) {
			t.Errorf("%s: in the table %t", name, ok)
		}
		if code == outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED {
			continue
		}
		info, e := Of(code), NewError(code, "why")
		if e.Code != code || e.Text != "why" || e.Retry != RetryOf(code) || e.Retry == outcryv1.Retry_RETRY_UNSPECIFIED {
			t.Errorf("%s: %v", name, e)
		}
		if (e.RetryAfterMs > 0) != (e.Retry == outcryv1.Retry_RETRY_AFTER) {
			t.Errorf("%s: %v after %d ms", name, e.Retry, e.RetryAfterMs)
		}
		if !strings.HasSuffix(info.Meaning, ".") || !strings.HasSuffix(info.Remedy, ".") {
			t.Errorf("%s: meaning %q, remedy %q", name, info.Meaning, info.Remedy)
		}
		if number >= 1000 {
			t.Errorf("%s: close code %d is no application's", name, CloseCode(code))
		}
	}
	if RetryOf(9999) != outcryv1.Retry_RETRY_NEVER || HTTPStatus(9999) != http.StatusInternalServerError {
		t.Error("an unknown code may be tried again")
	}
}

// Breaks for users: a gRPC client and a JSON client would be told different things of one error.
func TestStatusesAreThoseOfGRPCAndConnect(t *testing.T) {
	for number, name := range outcryv1.Status_name {
		status := outcryv1.Status(number)
		if status == outcryv1.Status_STATUS_UNSPECIFIED {
			continue
		}
		if got := connect.Code(number).String(); "STATUS_"+strings.ToUpper(got) != name {
			t.Errorf("%s has the number of %s", name, got)
		}
		if _, ok := statuses[status]; !ok {
			t.Errorf("%s has no HTTP status", name)
		}
		w := httptest.NewRecorder()
		err := connect.NewErrorWriter().Write(w, jsonRequest(), connect.NewError(connect.Code(number), nil))
		if err != nil || w.Code != statuses[status] {
			t.Errorf("%s is %d here and %d in Connect, %v", name, statuses[status], w.Code, err)
		}
	}
}

func jsonRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/outcry.v1.Outcry/Info", nil)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// Breaks for users: a script that is refused would not know for how long to wait.
func TestAnHTTPErrorSaysCodeAndTime(t *testing.T) {
	want := NewErrorAfter(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, 1500*time.Millisecond+1, "slower")
	w := httptest.NewRecorder()
	Write(w, want)
	got := &outcryv1.Error{}
	if err := protojson.Unmarshal(w.Body.Bytes(), got); err != nil || !proto.Equal(got, want) || got.RetryAfterMs != 1501 {
		t.Errorf("%s: %v, %v", w.Body, got, err)
	}
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	w = httptest.NewRecorder()
	Write(w, NewError(outcryv1.ErrorCode_ERROR_CODE_INVALID, "\xff"))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"ERROR_CODE_INVALID"`) || w.Header().Get("Retry-After") != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Breaks for users: told to wait no time at all, a client would spin.
func TestATimeToWaitIsNeverNothing(t *testing.T) {
	for after, want := range map[time.Duration]uint32{-time.Second: 1, 0: 1, time.Microsecond: 1, 1001 * time.Microsecond: 2, 1 << 62: 3_600_000} {
		if got := NewErrorAfter(outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, after, "").RetryAfterMs; got != want {
			t.Errorf("%s is told as %d ms", after, got)
		}
	}
}
