package identity

import (
	"errors"
	"fmt"
	"time"

	"outcry/actors/room"
	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Refusal is why somebody is not let in or may not do something. Its text is
// for the client: it names no secret and nothing that the client did not send.
type Refusal struct {
	Code outcryv1.ErrorCode
	Text string
	// After which the same may be tried again; 0: the code's own time.
	After time.Duration
}

func (r *Refusal) Error() string { return r.Text }

// Unauthenticated: another token is needed.
func Unauthenticated(format string, args ...any) error {
	return &Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED, Text: fmt.Sprintf(format, args...)}
}

// Forbidden: the same would be refused again.
func Forbidden(format string, args ...any) error {
	return &Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, Text: fmt.Sprintf(format, args...)}
}

// Unavailable: nobody can be let in now; try again.
func Unavailable(format string, args ...any) error {
	return &Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, Text: fmt.Sprintf(format, args...)}
}

// TooFast: tokens come faster than they are looked at.
func TooFast(after time.Duration) error {
	return &Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_RATE_LIMITED, Text: "too many sign-ins at a time; this one was not looked at", After: after}
}

// Entry refuses a room that its own rules do not show to somebody: may and from are what its Audience says of him.
func Entry(id string, from uint64, may bool) error {
	switch {
	case !may:
		return Forbidden("room %s is private, or you were banned from it", id)
	case from == room.Nothing:
		return &Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER, Text: fmt.Sprintf("join room %s first: it is read from one's joining on", id)}
	}
	return nil
}

// CodeOf is the code of a Refusal; ok is false for other errors.
func CodeOf(err error) (code outcryv1.ErrorCode, ok bool) {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code, true
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNSPECIFIED, false
}

// Error is what a client is told of a Refusal; of another error that it is unavailable.
func Error(err error) *outcryv1.Error {
	var r *Refusal
	if errors.As(err, &r) && r.After > 0 {
		return fault.NewErrorAfter(r.Code, r.After, r.Text)
	}
	code, ok := CodeOf(err)
	if !ok {
		code = outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE
	}
	return fault.NewError(code, err.Error())
}
