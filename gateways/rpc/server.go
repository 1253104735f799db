package rpc

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"outcry/gateways/fault"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// server implements outcryv1connect.OutcryHandler.
type server struct{ Config }

// Connect is answered by gateways/grpc, which is mounted on its path.
func (s *server) Connect(context.Context, *connect.BidiStream[outcryv1.ClientFrame, outcryv1.ServerFrames]) error {
	return connect.NewError(connect.CodeUnimplemented, errors.New("only unary calls are answered here"))
}

func (s *server) Info(ctx context.Context, _ *outcryv1.InfoRequest) (*outcryv1.InfoResponse, error) {
	info := proto.Clone(s.Config.Info).(*outcryv1.InfoResponse)
	info.ServerTimeNs = s.Now().UnixNano()
	if !identity.From(ctx).MayAll(identity.Admin) {
		info.DataDir = "" // of this machine
	}
	return info, nil
}

func (s *server) Instruments(ctx context.Context, r *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	if err := bound(&r.Limit, 1000, 10_000); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.InstrumentsResponse, error) { return s.Reads.Instruments(ctx, r) })
}

func (s *server) Latest(ctx context.Context, r *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	if len(r.Instruments) > 10_000 {
		return nil, invalid("instruments: %d, at most 10000", len(r.Instruments))
	}
	return answer(s, func() (*outcryv1.LatestResponse, error) { return s.Reads.Latest(ctx, r) })
}

func (s *server) Bars(ctx context.Context, r *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	if r.Resolution == outcryv1.Resolution_RESOLUTION_UNSPECIFIED {
		return nil, invalid("resolution is missing")
	}
	if r.CountBack > 50_000 {
		return nil, invalid("count_back: %d, at most 50000", r.CountBack)
	}
	if err := bound(&r.Limit, 5000, 50_000); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.BarsResponse, error) { return s.Reads.Bars(ctx, r) })
}

func (s *server) Trades(ctx context.Context, r *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error) {
	if err := bound(&r.Limit, 1000, 10_000); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.TradesResponse, error) { return s.Reads.Trades(ctx, r) })
}

func (s *server) Rooms(ctx context.Context, r *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error) {
	if err := bound(&r.Limit, 1000, 10_000); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.RoomsResponse, error) { return s.Reads.Rooms(ctx, r) })
}

func (s *server) Members(ctx context.Context, r *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error) {
	if err := bound(&r.Limit, 1000, 10_000); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.MembersResponse, error) { return s.Reads.Members(ctx, r) })
}

func (s *server) Bans(ctx context.Context, r *outcryv1.BansRequest) (*outcryv1.BansResponse, error) {
	return answer(s, func() (*outcryv1.BansResponse, error) { return s.Reads.Bans(ctx, r) })
}

func (s *server) Messages(ctx context.Context, r *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	if r.BeforeSeq != 0 && r.AfterSeq != 0 {
		return nil, invalid("give before_seq or after_seq, not both")
	}
	if err := bound(&r.Limit, 50, 100); err != nil {
		return nil, err
	}
	return answer(s, func() (*outcryv1.MessagesResponse, error) { return s.Reads.Messages(ctx, r) })
}

func (s *server) Submit(ctx context.Context, r *outcryv1.SubmitRequest) (*outcryv1.SubmitResponse, error) {
	if r.Command == nil {
		return nil, invalid("command is missing")
	}
	return answer(s, func() (*outcryv1.SubmitResponse, error) {
		who, staff, err := sender(ctx, r)
		if err != nil {
			return nil, err
		}
		a, err := s.Commands.SubmitWait(ctx, who.User, staff, r.Command)
		return &outcryv1.SubmitResponse{Answer: a}, err
	})
}

func (s *server) Ingest(ctx context.Context, r *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error) {
	return answer(s, func() (*outcryv1.IngestResponse, error) {
		if err := identity.From(ctx).DemandAny(identity.Ingest); err != nil {
			return nil, err
		}
		return s.Config.Ingest.Ingest(ctx, r)
	})
}

func (s *server) Hashes(ctx context.Context, r *outcryv1.HashesRequest) (*outcryv1.HashesResponse, error) {
	return answer(s, func() (*outcryv1.HashesResponse, error) {
		if err := identity.From(ctx).DemandAll(identity.Admin); err != nil {
			return nil, err
		}
		offset, hashes, err := s.Config.Hashes.Hashes(ctx, r.Kind, r.Partition)
		return &outcryv1.HashesResponse{Offset: offset, Hashes: hashes}, err
	})
}

// answer runs a call and turns its error into a code.
func answer[A any](s *server, call func() (A, error)) (A, error) {
	a, err := call()
	if err == nil {
		return a, nil
	}
	var none A
	return none, s.coded(err)
}

func invalid(format string, args ...any) error {
	return Coded(fault.NewError(outcryv1.ErrorCode_ERROR_CODE_INVALID, fmt.Sprintf(format, args...)))
}

// bound fills in a limit's default and refuses what is above its bound.
func bound(limit *uint32, standard, most uint32) error {
	if *limit > most {
		return invalid("limit: %d, at most %d", *limit, most)
	}
	if *limit == 0 {
		*limit = standard
	}
	return nil
}
