package session

import (
	"fmt"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

func failure(code outcryv1.ErrorCode, format string, args ...any) *outcryv1.Error {
	return fault.NewError(code, fmt.Sprintf(format, args...))
}

func invalid(format string, args ...any) *outcryv1.Error {
	return failure(outcryv1.ErrorCode_ERROR_CODE_INVALID, format, args...)
}
