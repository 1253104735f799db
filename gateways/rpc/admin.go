package rpc

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	"outcry/gateways/pump"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// Clients are those that are connected to this server; *pump.Pumps is one.
type Clients interface {
	Each(context.Context, func([]pump.Seen)) error
	Find(ctx context.Context, id string) (s pump.Seen, topics []session.TopicSummary, found bool, err error)
	End(ctx context.Context, id string, why *outcryv1.Error) (found bool, err error)
}

// NewAdminHandler gives the path prefix and the handler of operators' calls.
// Whoever reaches it may end sessions: mount it on the admin listener only.
func NewAdminHandler(c Clients) (path string, h http.Handler) {
	return outcryv1connect.NewAdminHandler(&admin{c}, connect.WithReadMaxBytes(64<<10), connect.WithCompressMinBytes(1024))
}

// NewAdminClient calls the admin listener at base, such as http://127.0.0.1:8081.
func NewAdminClient(base string) outcryv1connect.AdminClient {
	return outcryv1connect.NewAdminClient(http.DefaultClient, base)
}

// admin implements outcryv1connect.AdminHandler.
type admin struct{ clients Clients }

func (a *admin) Sessions(ctx context.Context, r *outcryv1.SessionsRequest) (*outcryv1.SessionsResponse, error) {
	if err := bound(&r.Limit, 1000, 100_000); err != nil {
		return nil, err
	}
	answer := &outcryv1.SessionsResponse{}
	err := a.clients.Each(ctx, func(some []pump.Seen) {
		for i := range some {
			if fits(r, &some[i]) {
				answer.Sessions = append(answer.Sessions, connected(&some[i]))
			}
		}
	})
	if err != nil {
		return nil, connect.NewError(connect.CodeUnavailable, err)
	}
	slices.SortFunc(answer.Sessions, furthestBehind)
	answer.Total = uint64(len(answer.Sessions))
	answer.Sessions = answer.Sessions[:min(len(answer.Sessions), int(r.Limit))]
	return answer, nil
}

func (a *admin) Session(ctx context.Context, r *outcryv1.SessionRequest) (*outcryv1.SessionResponse, error) {
	s, topics, found, err := a.clients.Find(ctx, r.Id)
	if err := lookedFor(r.Id, found, err); err != nil {
		return nil, err
	}
	answer := &outcryv1.SessionResponse{Session: connected(&s)}
	for _, t := range topics {
		one := &outcryv1.SessionTopic{Topic: t.Topic, Cursor: t.Cursor, Book: t.Book}
		if t.Every > 0 {
			one.MaxPerSecond = float64(time.Second) / float64(t.Every)
		}
		answer.Topics = append(answer.Topics, one)
	}
	slices.SortFunc(answer.Topics, func(a, b *outcryv1.SessionTopic) int {
		return cmp.Or(cmp.Compare(a.Topic.Channel, b.Topic.Channel), strings.Compare(a.Topic.Id, b.Topic.Id), cmp.Compare(a.Topic.Resolution, b.Topic.Resolution))
	})
	return answer, nil
}

func (a *admin) EndSession(ctx context.Context, r *outcryv1.EndSessionRequest) (*outcryv1.EndSessionResponse, error) {
	text := "ended by an operator"
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	found, err := a.clients.End(ctx, r.Id, fault.NewError(outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, text))
	return &outcryv1.EndSessionResponse{}, lookedFor(r.Id, found, err)
}

func lookedFor(id string, found bool, err error) error {
	switch {
	case err != nil:
		return connect.NewError(connect.CodeUnavailable, err)
	case !found:
		return connect.NewError(connect.CodeNotFound, fmt.Errorf("there is no session %q on this server", id))
	}
	return nil
}

func fits(r *outcryv1.SessionsRequest, s *pump.Seen) bool {
	return (r.User == "" || r.User == s.User) && (r.Transport == "" || r.Transport == s.Transport) && (r.State == "" || r.State == string(s.State))
}

func connected(s *pump.Seen) *outcryv1.ConnectedSession {
	return &outcryv1.ConnectedSession{Id: s.ID, User: s.User, Address: s.Address, Transport: s.Transport, SinceNs: s.Since.UnixNano(),
		Subscriptions: uint32(s.Subscriptions), Waiting: uint32(s.Waiting), Lag: s.Lag, FramedBytes: s.Framed, StuckBytes: uint64(s.Stuck), State: string(s.State)}
}

func furthestBehind(a, b *outcryv1.ConnectedSession) int {
	return cmp.Or(cmp.Compare(b.Lag, a.Lag), cmp.Compare(b.StuckBytes, a.StuckBytes), cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(a.SinceNs, b.SinceNs))
}
