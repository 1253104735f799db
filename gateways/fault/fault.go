package fault

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	outcryv1 "outcry/proto/outcry/v1"
)

// table has what the descriptor says of each code.
var table = read()

func read() map[outcryv1.ErrorCode]*outcryv1.CodeInfo {
	t := map[outcryv1.ErrorCode]*outcryv1.CodeInfo{}
	values := outcryv1.ErrorCode(0).Descriptor().Values()
	for i := range values.Len() {
		options, _ := values.Get(i).Options().(*descriptorpb.EnumValueOptions)
		if proto.HasExtension(options, outcryv1.E_Code) {
			t[outcryv1.ErrorCode(values.Get(i).Number())] = proto.GetExtension(options, outcryv1.E_Code).(*outcryv1.CodeInfo)
		}
	}
	return t
}

// unknown is what is known of a code of another version.
var unknown = &outcryv1.CodeInfo{Retry: outcryv1.Retry_RETRY_NEVER, Status: outcryv1.Status_STATUS_INTERNAL}

// Of is what is known of a code: shared by all, to be read only.
func Of(code outcryv1.ErrorCode) *outcryv1.CodeInfo {
	if info, ok := table[code]; ok {
		return info
	}
	return unknown
}

// RetryOf says what a client may do after an error of that code; NEVER for
// codes of another version.
func RetryOf(code outcryv1.ErrorCode) outcryv1.Retry { return Of(code).Retry }

// NewError makes an error with what the client may do, and after how many ms.
// text is for people.
func NewError(code outcryv1.ErrorCode, text string) *outcryv1.Error {
	info := Of(code)
	return &outcryv1.Error{Code: code, Text: text, Retry: info.Retry, RetryAfterMs: info.RetryAfterMs}
}

// NewErrorAfter is NewError where it is known how long the client has to wait:
// whole milliseconds, rounded up, at least one. The code's class is RETRY_AFTER.
func NewErrorAfter(code outcryv1.ErrorCode, after time.Duration, text string) *outcryv1.Error {
	e := NewError(code, text)
	ms := (after + time.Millisecond - 1) / time.Millisecond
	e.RetryAfterMs = uint32(min(max(ms, 1), time.Hour/time.Millisecond))
	return e
}
