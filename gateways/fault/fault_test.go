package fault

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// TestEveryCodeSaysWhatAClientMayDo: with a code that is not in the table a
// client would not know whether to send again, and lose a message or send it for ever.
func TestEveryCodeSaysWhatAClientMayDo(t *testing.T) {
	for number, name := range outcryv1.ErrorCode_name {
		code := outcryv1.ErrorCode(number)
		if _, ok := table[code]; ok == (code == outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED) {
			t.Errorf("%s: in the table %t", name, ok)
		}
		e := NewError(code, "why")
		if e.Code != code || e.Text != "why" || e.Retry != RetryOf(code) || e.Retry == outcryv1.Retry_RETRY_UNSPECIFIED {
			t.Errorf("%s: %v", name, e)
		}
		if (e.RetryAfterMs > 0) != (e.Retry == outcryv1.Retry_RETRY_AFTER) {
			t.Errorf("%s: %v after %d ms", name, e.Retry, e.RetryAfterMs)
		}
	}
	if RetryOf(9999) != outcryv1.Retry_RETRY_NEVER {
		t.Error("an unknown code may be tried again")
	}
}
