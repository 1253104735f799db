package fault

import outcryv1 "outcry/proto/outcry/v1"

// advice is what a client may do after an error.
type advice struct {
	retry outcryv1.Retry
	// afterMs is how long a client should wait; only for RETRY_AFTER.
	afterMs uint32
}

var (
	never  = advice{retry: outcryv1.Retry_RETRY_NEVER}
	resend = advice{retry: outcryv1.Retry_RETRY_RESEND_SAME_ID}
	resync = advice{retry: outcryv1.Retry_RETRY_RESYNC}
	signIn = advice{retry: outcryv1.Retry_RETRY_SIGN_IN}
	soon   = advice{retry: outcryv1.Retry_RETRY_AFTER, afterMs: 1_000}
	later  = advice{retry: outcryv1.Retry_RETRY_AFTER, afterMs: 30_000}
)

// table has every code. NEVER: the same will be refused again. RESEND_SAME_ID:
// the same command with the same id is safe, and decided at most once. RESYNC:
// read again how things are before asking anew.
var table = map[outcryv1.ErrorCode]advice{
	outcryv1.ErrorCode_ERROR_CODE_MALFORMED:           never,
	outcryv1.ErrorCode_ERROR_CODE_INVALID:             never,
	outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE:           never,
	outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT:  never,
	outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM:        never,
	outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE:     never,
	outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER:        never,
	outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN:           never,
	outcryv1.ErrorCode_ERROR_CODE_TOO_OLD:             resync,
	outcryv1.ErrorCode_ERROR_CODE_CONFLICT:            never,
	outcryv1.ErrorCode_ERROR_CODE_OVERLOADED:          soon,
	outcryv1.ErrorCode_ERROR_CODE_OUTCOME_UNKNOWN:     resend,
	outcryv1.ErrorCode_ERROR_CODE_RESEND_IN_ORDER:     resend,
	outcryv1.ErrorCode_ERROR_CODE_STALE_BASE:          resend,
	outcryv1.ErrorCode_ERROR_CODE_DEFINITION_CONFLICT: never,
	outcryv1.ErrorCode_ERROR_CODE_ROOM_FULL:           never,
	outcryv1.ErrorCode_ERROR_CODE_UNSUPPORTED_VERSION: never,
	outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE:         soon,
	outcryv1.ErrorCode_ERROR_CODE_INTERNAL:            never,
	outcryv1.ErrorCode_ERROR_CODE_DELETED:             never,
	outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_REACTIONS:  never,
	outcryv1.ErrorCode_ERROR_CODE_ENTITY_PARKED:       later,
	outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED:     signIn,
}

// RetryOf says what a client may do after an error of that code; NEVER for
// codes of another version.
func RetryOf(code outcryv1.ErrorCode) outcryv1.Retry { return of(code).retry }

// NewError makes an error with what the client may do, and after how many ms.
// text is for people.
func NewError(code outcryv1.ErrorCode, text string) *outcryv1.Error {
	a := of(code)
	return &outcryv1.Error{Code: code, Text: text, Retry: a.retry, RetryAfterMs: a.afterMs}
}

func of(code outcryv1.ErrorCode) advice {
	if a, ok := table[code]; ok {
		return a
	}
	return never
}
