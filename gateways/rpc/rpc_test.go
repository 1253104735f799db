package rpc

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// coded is an error of ours with its code.
type coded outcryv1.ErrorCode

func (c coded) Error() string { return outcryv1.ErrorCode(c).String() }

// failing answers every call with an error, and keeps the limit it was asked for.
type failing struct {
	Reads
	err   error
	limit uint32
}

func (f *failing) Bars(_ context.Context, r *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	f.limit = r.Limit
	return &outcryv1.BarsResponse{}, f.err
}

func (f *failing) Messages(_ context.Context, r *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	f.limit = r.Limit
	return &outcryv1.MessagesResponse{}, f.err
}

func dial(t *testing.T, f *failing) outcryv1connect.OutcryClient {
	t.Helper()
	_, h := NewHandler(Config{Info: &outcryv1.InfoResponse{}, Reads: f, CodeOf: func(err error) outcryv1.ErrorCode {
		var c coded
		if errors.As(err, &c) {
			return outcryv1.ErrorCode(c)
		}
		return outcryv1.ErrorCode_ERROR_CODE_INTERNAL
	}})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return outcryv1connect.NewOutcryClient(server.Client(), server.URL)
}

// Clients decide by the code whether to try again; a wrong one hammers the server
// for ever, or gives up on what would have worked.
func TestEveryErrorHasItsCodeOnTheWire(t *testing.T) {
	for name, number := range outcryv1.ErrorCode_value {
		code := outcryv1.ErrorCode(number)
		want := connect.Code(fault.Of(code).Status)
		_, err := dial(t, &failing{err: coded(code)}).Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1})
		if connect.CodeOf(err) != want {
			t.Errorf("%s is %v on the wire, not %v", name, connect.CodeOf(err), want)
		}
		if got := detailOf(t, err); got.GetCode() != code || got.GetRetry() != fault.RetryOf(code) || got.GetRetryAfterMs() != fault.Of(code).RetryAfterMs {
			t.Errorf("%s arrives as %v", name, got)
		}
	}
}

func detailOf(t *testing.T, err error) *outcryv1.Error {
	t.Helper()
	var wire *connect.Error
	if !errors.As(err, &wire) || len(wire.Details()) != 1 {
		t.Fatalf("%v has no detail", err)
	}
	v, failed := wire.Details()[0].Value()
	if failed != nil {
		t.Fatal(failed)
	}
	return v.(*outcryv1.Error)
}

// What to retry and what not, as the command line and SDKs go by it.
func TestCodesSayWhetherAnotherTryHelps(t *testing.T) {
	for code, want := range map[outcryv1.ErrorCode]connect.Code{
		outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT: connect.CodeNotFound,
		outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM:       connect.CodeNotFound,
		outcryv1.ErrorCode_ERROR_CODE_INVALID:            connect.CodeInvalidArgument,
		outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE:        connect.CodeUnavailable,
		outcryv1.ErrorCode_ERROR_CODE_OVERLOADED:         connect.CodeResourceExhausted,
	} {
		_, err := dial(t, &failing{err: coded(code)}).Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1})
		if connect.CodeOf(err) != want {
			t.Errorf("%v is %v, not %v", code, connect.CodeOf(err), want)
		}
	}
}

// A call without bounds reads a whole history into memory.
func TestLimitsAreFilledInAndBounded(t *testing.T) {
	f := &failing{}
	client := dial(t, f)
	if _, err := client.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1}); err != nil || f.limit != 5000 {
		t.Error(f.limit, err)
	}
	if _, err := client.Messages(t.Context(), &outcryv1.MessagesRequest{Room: "r"}); err != nil || f.limit != 50 {
		t.Error(f.limit, err)
	}
	refused := func(name string, err error) {
		if connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
		if got := detailOf(t, err); got.GetCode() != outcryv1.ErrorCode_ERROR_CODE_INVALID || got.GetText() == "" {
			t.Errorf("%s: the detail is %v", name, got)
		}
	}
	_, err := client.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1, Limit: 50_001})
	refused("limit", err)
	_, err = client.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1, CountBack: 50_001})
	refused("count_back", err)
	_, err = client.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A"})
	refused("resolution", err)
	_, err = client.Messages(t.Context(), &outcryv1.MessagesRequest{Room: "r", BeforeSeq: 1, AfterSeq: 1})
	refused("both directions", err)
	_, err = client.Latest(t.Context(), &outcryv1.LatestRequest{Instruments: make([]string, 10_001)})
	refused("instruments", err)
	_, err = client.Submit(t.Context(), &outcryv1.SubmitRequest{User: "ann"})
	refused("command", err)
}

// A server that answers "unavailable" is there: waiting for it to start would be wrong.
func TestOnlyASilentServerIsUnreachable(t *testing.T) {
	_, err := dial(t, &failing{err: coded(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE)}).Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: 1})
	if Unreachable(err) {
		t.Error("it answered:", err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if _, err := NewClient(gone.URL, "").Info(t.Context(), &outcryv1.InfoRequest{}); !Unreachable(err) {
		t.Error("nobody answered:", err)
	}
}
