package rpc

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Coded is an error as Connect, gRPC and gRPC-Web tell it: a code of theirs,
// and ours as its detail, so that clients can branch on it.
func Coded(e *outcryv1.Error) *connect.Error {
	coded := connect.NewError(connect.Code(fault.Of(e.Code).Status), errors.New(e.Text))
	if detail, err := connect.NewErrorDetail(e); err == nil { // else the text is not UTF-8, and the status has to do
		coded.AddDetail(detail)
	}
	return coded
}

// coded finds the code of what the stages behind gave.
func (s *server) coded(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err // Connect knows these
	}
	code := outcryv1.ErrorCode_ERROR_CODE_INTERNAL
	if s.CodeOf != nil {
		code = s.CodeOf(err)
	}
	return Coded(fault.NewError(code, err.Error()))
}
