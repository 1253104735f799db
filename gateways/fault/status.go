package fault

import (
	"net/http"

	outcryv1 "outcry/proto/outcry/v1"
)

// closeCodes is where the close codes begin that applications may use (RFC 6455, §7.4.2).
const closeCodes = 4000

// CloseCode is the WebSocket close code of a conversation that ended with an error of that code.
func CloseCode(code outcryv1.ErrorCode) int { return closeCodes + int(code) }

// statuses of HTTP, as Connect's protocol maps them.
var statuses = map[outcryv1.Status]int{
	outcryv1.Status_STATUS_INVALID_ARGUMENT:    http.StatusBadRequest,
	outcryv1.Status_STATUS_NOT_FOUND:           http.StatusNotFound,
	outcryv1.Status_STATUS_ALREADY_EXISTS:      http.StatusConflict,
	outcryv1.Status_STATUS_PERMISSION_DENIED:   http.StatusForbidden,
	outcryv1.Status_STATUS_RESOURCE_EXHAUSTED:  http.StatusTooManyRequests,
	outcryv1.Status_STATUS_FAILED_PRECONDITION: http.StatusBadRequest,
	outcryv1.Status_STATUS_ABORTED:             http.StatusConflict,
	outcryv1.Status_STATUS_UNIMPLEMENTED:       http.StatusNotImplemented,
	outcryv1.Status_STATUS_INTERNAL:            http.StatusInternalServerError,
	outcryv1.Status_STATUS_UNAVAILABLE:         http.StatusServiceUnavailable,
	outcryv1.Status_STATUS_UNAUTHENTICATED:     http.StatusUnauthorized,
}

// HTTPStatus of an error of that code.
func HTTPStatus(code outcryv1.ErrorCode) int {
	if status, ok := statuses[Of(code).Status]; ok {
		return status
	}
	return http.StatusInternalServerError
}
