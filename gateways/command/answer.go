package command

import (
	"outcry/actors/room"
	outcryv1 "outcry/proto/outcry/v1"
)

// retries says what a client may do after each code; what is not here is never.
var retries = map[outcryv1.ErrorCode]outcryv1.Retry{
	outcryv1.ErrorCode_ERROR_CODE_OVERLOADED:      outcryv1.Retry_RETRY_AFTER,
	outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE:     outcryv1.Retry_RETRY_AFTER,
	outcryv1.ErrorCode_ERROR_CODE_OUTCOME_UNKNOWN: outcryv1.Retry_RETRY_RESEND_SAME_ID,
	outcryv1.ErrorCode_ERROR_CODE_STALE_BASE:      outcryv1.Retry_RETRY_RESEND_SAME_ID,
}

const retryAfterMs = 1000

func refused(cmd *outcryv1.Command, code outcryv1.ErrorCode, text string) *outcryv1.Answer {
	retry, ok := retries[code]
	if !ok {
		retry = outcryv1.Retry_RETRY_NEVER
	}
	e := &outcryv1.Error{Code: code, Text: text, Retry: retry}
	if retry == outcryv1.Retry_RETRY_AFTER {
		e.RetryAfterMs = retryAfterMs
	}
	return &outcryv1.Answer{ClientMsgId: cmd.ClientMsgId, Room: cmd.Room,
		Outcome: outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED, Error: e}
}

func answer(cmd *outcryv1.Command, o room.Outcome) *outcryv1.Answer {
	if o.Kind == outcryv1.OutcomeKind_OUTCOME_KIND_REFUSED {
		return refused(cmd, o.Code, o.Text)
	}
	return &outcryv1.Answer{ClientMsgId: cmd.ClientMsgId, Room: cmd.Room, Outcome: o.Kind, Seq: o.Seq}
}
