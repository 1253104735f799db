package identity

import (
	"context"
	"net/http"
	"strings"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

// Bearer is the token or API key of an Authorization header; empty where there is none.
func Bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// UserHeader has the name that who asks gives himself, where nobody signs in: as hello does for
// connections. Private rooms and conversations of two are told by it.
const UserHeader = "Outcry-User"

// Enter lets in who asks, by the head of a request.
func Enter(ctx context.Context, gate Gate, h http.Header) (*Identity, error) {
	who, err := gate.SignIn(ctx, Bearer(h))
	if err != nil {
		return nil, err
	}
	return who.Named(h.Get(UserHeader))
}

// Handler lets in who asks, for handlers of plain HTTP: they find them by From.
// Others are answered with 401, or with 503 while keys cannot be read.
func Handler(gate Gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := Enter(r.Context(), gate, r.Header)
		if err != nil {
			Refuse(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), who)))
	})
}

// Refuse answers with a Refusal; other errors are told as unavailable.
func Refuse(w http.ResponseWriter, err error) {
	e := Error(err)
	if e.GetCode() == outcryv1.ErrorCode_ERROR_CODE_UNAUTHENTICATED {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	fault.Write(w, e)
}
