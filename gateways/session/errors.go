package session

import (
	"fmt"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

func failure(code outcryv1.ErrorCode, format string, args ...any) *outcryv1.Error {
	return fault.NewError(code, fmt.Sprintf(format, args...))
}

// tell counts the refusals in a frame.
func (c *Config) tell(f *outcryv1.ServerFrame) {
	if c.Refused == nil {
		return
	}
	told := func(e *outcryv1.Error) {
		if e != nil {
			c.Refused(e.GetCode())
		}
	}
	switch f := f.GetFrame().(type) {
	case *outcryv1.ServerFrame_Error:
		told(f.Error)
	case *outcryv1.ServerFrame_Answer:
		told(f.Answer.GetError())
	case *outcryv1.ServerFrame_History:
		told(f.History.GetError())
	case *outcryv1.ServerFrame_Ended:
		told(f.Ended.GetError())
	case *outcryv1.ServerFrame_SignedIn:
		told(f.SignedIn.GetError())
	case *outcryv1.ServerFrame_Subscribed:
		for _, a := range f.Subscribed.GetAnswers() {
			told(a.GetError())
		}
	}
}

func invalid(format string, args ...any) *outcryv1.Error {
	return failure(outcryv1.ErrorCode_ERROR_CODE_INVALID, format, args...)
}
