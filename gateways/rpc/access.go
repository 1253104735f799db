package rpc

import (
	"context"
	"net/http"

	"connectrpc.com/connect"

	"outcry/events"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// signIn lets in who calls; handlers find them by identity.From.
func signIn(gate identity.Gate) connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
			if r.Spec().IsClient {
				return next(ctx, r)
			}
			who, err := identity.Enter(ctx, gate, r.Header())
			if err != nil {
				return nil, Coded(identity.Error(err))
			}
			return next(identity.With(ctx, who), r)
		}
	}
}

// Revoke is for who administers everything.
func (s *server) Revoke(ctx context.Context, r *outcryv1.RevokeRequest) (*outcryv1.RevokeResponse, error) {
	return answer(s, func() (*outcryv1.RevokeResponse, error) {
		if err := identity.From(ctx).DemandAll(identity.Admin); err != nil {
			return nil, err
		}
		if s.Revocations == nil {
			return nil, identity.Forbidden("nobody signs in here, so nobody can be revoked")
		}
		if err := events.ValidID(r.GetUser()); err != nil {
			return nil, &identity.Refusal{Code: outcryv1.ErrorCode_ERROR_CODE_INVALID, Text: "user: " + err.Error()}
		}
		until, err := s.Revocations.Revoke(ctx, r.GetUser())
		return &outcryv1.RevokeResponse{UntilNs: until.UnixNano()}, err
	})
}

// bearing sends with each request whose it is: by a token, or by a name where nobody signs in.
type bearing struct {
	token, user string
	over        http.RoundTripper
}

func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	} else {
		r.Header.Set(identity.UserHeader, b.user)
	}
	return b.over.RoundTrip(r)
}

// stay follows no redirect: the token is for this server alone.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// sender is who submits a command, where that is granted.
func sender(ctx context.Context, r *outcryv1.SubmitRequest) (who *identity.Identity, staff bool, err error) {
	if who, err = identity.From(ctx).Named(r.GetUser()); err != nil {
		return nil, false, err
	}
	staff, err = who.Commands(r.GetCommand())
	return who, staff, err
}
