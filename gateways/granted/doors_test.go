package granted_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"outcry/actors/room"
	"outcry/gateways/granted"
	"outcry/gateways/identity"
	"outcry/gateways/identity/signin"
	"outcry/gateways/rpc"
	"outcry/gateways/udf"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// floor knows A, B, hall and attic, and answers whatever it is asked. It lists them one a page.
type floor struct{}

func (floor) Instruments(_ context.Context, q *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	a := &outcryv1.InstrumentsResponse{}
	for _, id := range []string{"A", "B"} {
		if id > q.After && len(a.Instruments) == 0 {
			a.Instruments = append(a.Instruments, &outcryv1.Latest{Instrument: id})
		} else if id > q.After {
			a.More = true
		}
	}
	return a, nil
}

func (floor) Rooms(_ context.Context, q *outcryv1.RoomsRequest) (*outcryv1.RoomsResponse, error) {
	a := &outcryv1.RoomsResponse{}
	for _, id := range []string{"attic", "hall"} {
		if id > q.After && len(a.Rooms) == 0 {
			a.Rooms = append(a.Rooms, &outcryv1.Room{Room: id, Settings: &outcryv1.RoomSettings{Private: id == "attic"}})
		} else if id > q.After {
			a.More = true
		}
	}
	return a, nil
}

func (floor) Latest(_ context.Context, q *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	a := &outcryv1.LatestResponse{}
	for _, id := range q.Instruments {
		a.Instruments = append(a.Instruments, &outcryv1.Latest{Instrument: id, Definition: &outcryv1.Definition{Currency: "USD"}, Quote: &outcryv1.Quote{}})
	}
	return a, nil
}

func (floor) Bars(context.Context, *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	return &outcryv1.BarsResponse{Bars: []*outcryv1.Bar{{Time: 60}}}, nil
}

func (floor) Trades(context.Context, *outcryv1.TradesRequest) (*outcryv1.TradesResponse, error) {
	return &outcryv1.TradesResponse{}, nil
}

func (floor) ClosedBars(context.Context, string, outcryv1.Resolution, uint64, int) ([]*outcryv1.Bar, bool, uint64, error) {
	return nil, false, 0, nil
}

func (floor) Members(context.Context, *outcryv1.MembersRequest) (*outcryv1.MembersResponse, error) {
	return &outcryv1.MembersResponse{}, nil
}

func (floor) Bans(context.Context, *outcryv1.BansRequest) (*outcryv1.BansResponse, error) {
	return &outcryv1.BansResponse{}, nil
}

// Messages 1 to 10, five a page.
func (floor) Messages(_ context.Context, q *outcryv1.MessagesRequest) (*outcryv1.MessagesResponse, error) {
	first := uint64(6)
	if q.AfterSeq > 0 {
		first = q.AfterSeq + 1
	} else if q.BeforeSeq > 5 {
		first = q.BeforeSeq - 5
	}
	a := &outcryv1.MessagesResponse{HeadSeq: 10}
	for seq := first; seq < min(first+5, 11); seq++ {
		a.Messages = append(a.Messages, &outcryv1.Message{Seq: seq})
	}
	return a, nil
}

func (floor) SubmitWait(_ context.Context, user string, _ bool, c *outcryv1.Command) (*outcryv1.Answer, error) {
	return &outcryv1.Answer{Room: c.Room + " by " + user}, nil
}

func (floor) Ingest(context.Context, *outcryv1.IngestRequest) (*outcryv1.IngestResponse, error) {
	return &outcryv1.IngestResponse{}, nil
}

func (floor) Admits(_ context.Context, id, user string) (from uint64, may bool, err error) {
	if id == "stage" {
		from = map[string]uint64{"member": 7}[user]
		if from == 0 {
			from = room.Nothing
		}
	}
	return from, id != "attic" || user == "member", nil
}

func (floor) Hashes(context.Context, string, int32) (int64, map[string]string, error) {
	return 0, nil, nil
}

const secret = "0123456789abcdef0123456789abcdef"

// house serves all doors of plain HTTP, with sign-in.
func house(t *testing.T) (url string) {
	gate, err := signin.New(signin.Config{Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	reads, mux := granted.New(floor{}), http.NewServeMux()
	mux.Handle(rpc.NewHandler(rpc.Config{Gate: gate, Info: &outcryv1.InfoResponse{DataDir: "/data"}, Reads: reads, Commands: floor{}, Ingest: floor{}, Hashes: floor{},
		CodeOf: func(err error) outcryv1.ErrorCode { return identity.Error(err).GetCode() }}))
	mux.Handle("/udf/", identity.Handler(gate, udf.Handler(reads)))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// calls are all unary calls, and what has to be granted for each.
var calls = []struct {
	name, verb, id string
	do             func(context.Context, outcryv1connect.OutcryClient) error
}{
	{"Latest", "see", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{"A"}})
		return err
	}},
	{"Bars", "see", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Bars(ctx, &outcryv1.BarsRequest{Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1M})
		return err
	}},
	{"Trades", "see", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Trades(ctx, &outcryv1.TradesRequest{Instrument: "A"})
		return err
	}},
	{"Members", "see", "hall", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Members(ctx, &outcryv1.MembersRequest{Room: "hall"})
		return err
	}},
	{"Bans", "see", "hall", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Bans(ctx, &outcryv1.BansRequest{Room: "hall"})
		return err
	}},
	{"Messages", "see", "hall", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Messages(ctx, &outcryv1.MessagesRequest{Room: "hall"})
		return err
	}},
	{"Submit", "post", "hall", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Submit(ctx, &outcryv1.SubmitRequest{Command: &outcryv1.Command{Room: "hall"}})
		return err
	}},
	{"Ingest", "ingest", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Ingest(ctx, &outcryv1.IngestRequest{})
		return err
	}},
	{"Hashes", "admin", "*", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Hashes(ctx, &outcryv1.HashesRequest{Kind: "room"})
		return err
	}},
	{"Instruments", "see", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Instruments(ctx, &outcryv1.InstrumentsRequest{})
		return err
	}},
	{"Rooms", "see", "A", func(ctx context.Context, c outcryv1connect.OutcryClient) error {
		_, err := c.Rooms(ctx, &outcryv1.RoomsRequest{})
		return err
	}},
}

func token(t *testing.T, user string, grants map[string][]string) string {
	t.Helper()
	text, err := signin.Mint([]byte(secret), signin.Claims{User: user, Grants: grants, Issued: time.Now(), Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Breaks for users: what a connection refuses is had by a unary call.
func TestEachUnaryCallDemandsItsGrant(t *testing.T) {
	url := house(t)
	for _, call := range calls {
		all := map[string][]string{"see": {"*"}, "post": {"*"}, "moderate": {"*"}, "ingest": {"*"}, "admin": {"*"}}
		if call.name == "Latest" {
			delete(all, "ingest") // a feed is told definitions
		}
		exactly := map[string][]string{call.verb: {call.id}}
		delete(all, call.verb) // everything but what is needed
		for name, c := range map[string]struct {
			token string
			want  connect.Code
		}{
			"granted":         {token(t, "ann", exactly), 0},
			"everything else": {token(t, "ann", all), connect.CodePermissionDenied},
			"no token":        {"", connect.CodeUnauthenticated},
			"a forged token":  {token(t, "ann", exactly) + "x", connect.CodeUnauthenticated},
		} {
			err := call.do(t.Context(), rpc.NewClient(url, c.token))
			if c.want == 0 && err != nil || c.want != 0 && connect.CodeOf(err) != c.want {
				t.Errorf("%s with %s: %v", call.name, name, err)
			}
		}
	}
	other := rpc.NewClient(url, token(t, "ann", map[string][]string{"see": {"B"}}))
	if _, err := other.Bars(t.Context(), &outcryv1.BarsRequest{Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1M}); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("bars of another instrument: %v", err)
	}
}

// Breaks for users: lists name what somebody may not see, or end before what he may.
func TestListsLeaveOutWhatIsNotGranted(t *testing.T) {
	c := rpc.NewClient(house(t), token(t, "ann", map[string][]string{"see": {"B", "hall"}}))
	list, err := c.Instruments(t.Context(), &outcryv1.InstrumentsRequest{Limit: 1})
	if err != nil || len(list.Instruments) != 1 || list.Instruments[0].Instrument != "B" || list.More {
		t.Errorf("%v, %v", list, err)
	}
	rooms, err := c.Rooms(t.Context(), &outcryv1.RoomsRequest{Limit: 5})
	if err != nil || len(rooms.Rooms) != 1 || rooms.Rooms[0].Room != "hall" || rooms.More {
		t.Errorf("%v, %v", rooms, err)
	}
	latest, err := c.Latest(t.Context(), &outcryv1.LatestRequest{Instruments: []string{"A", "B"}})
	if err != nil || len(latest.Instruments) != 1 || latest.Instruments[0].Instrument != "B" || !slices.Equal(latest.Unknown, []string{"A"}) {
		t.Errorf("%v, %v", latest, err)
	}
}

// Breaks for users: a private room is read by calls, though no connection shows it.
func TestPrivateRoomsAreReadByTheirMembers(t *testing.T) {
	url := house(t)
	for user, c := range map[string]struct {
		grants map[string][]string
		may    bool
	}{
		"member": {map[string][]string{"see": {"*"}}, true},
		"ann":    {map[string][]string{"see": {"*"}, "post": {"*"}, "admin": {"*"}}, false},
		"root":   {map[string][]string{"see": {"*"}, "moderate": {"attic"}}, true},
	} {
		client := rpc.NewClient(url, token(t, user, c.grants))
		_, err := client.Messages(t.Context(), &outcryv1.MessagesRequest{Room: "attic"})
		_, err2 := client.Members(t.Context(), &outcryv1.MembersRequest{Room: "attic"})
		if (err == nil) != c.may || (err2 == nil) != c.may || !c.may && connect.CodeOf(err) != connect.CodePermissionDenied {
			t.Errorf("%s: %v, %v", user, err, err2)
		}
		rooms, err := client.Rooms(t.Context(), &outcryv1.RoomsRequest{})
		if err != nil || (len(rooms.Rooms) == 2) != c.may || len(rooms.Rooms) == 0 {
			t.Errorf("%s is told of %v, %v", user, rooms, err)
		}
	}
}

// Breaks for users: somebody reads what was said before he came, or not all that was said since.
func TestRoomsThatAreReadFromOnesJoiningOn(t *testing.T) {
	url := house(t)
	for user, want := range map[string][3]string{"member": {"7 8 9 10", "7", "7 8 9 10"}, "ann": {"", "", ""}, "root": {"6 7 8 9 10", "3 4 5 6 7", "3 4 5 6 7"}} {
		grants := map[string][]string{"see": {"stage"}}
		if user == "root" {
			grants["moderate"] = []string{"stage"}
		}
		c := rpc.NewClient(url, token(t, user, grants))
		for n, q := range []*outcryv1.MessagesRequest{{}, {BeforeSeq: 8}, {AfterSeq: 2}} {
			q.Room = "stage"
			a, err := c.Messages(t.Context(), q)
			var seqs []string
			for _, m := range a.GetMessages() {
				seqs = append(seqs, strconv.FormatUint(m.Seq, 10))
			}
			if got := strings.Join(seqs, " "); got != want[n] || (err == nil) != (want[n] != "") {
				t.Errorf("%s reads %v: %s, %v; want %s", user, q, got, err, want[n])
			}
		}
	}
}

// Breaks for users: a feed can't learn how its instruments count, or sees prices that are not its own.
func TestAFeedSeesDefinitionsAlone(t *testing.T) {
	c := rpc.NewClient(house(t), token(t, "feed", map[string][]string{"ingest": {"A"}}))
	a, err := c.Latest(t.Context(), &outcryv1.LatestRequest{Instruments: []string{"A", "B"}})
	if err != nil || len(a.Instruments) != 1 || a.Instruments[0].Instrument != "A" || a.Instruments[0].Definition.GetCurrency() != "USD" || a.Instruments[0].Quote != nil {
		t.Errorf("%v, %v", a, err)
	}
}

// Breaks for users: somebody posts under the name of another.
func TestCommandsAreTheTokensUsers(t *testing.T) {
	c := rpc.NewClient(house(t), token(t, "ann", map[string][]string{"post": {"*"}}))
	for user, want := range map[string]string{"": "hall by ann", "ann": "hall by ann", "bob": ""} {
		a, err := c.Submit(t.Context(), &outcryv1.SubmitRequest{User: user, Command: &outcryv1.Command{Room: "hall"}})
		if a.GetAnswer().GetRoom() != want || (err == nil) != (want != "") {
			t.Errorf("as %q: %v, %v", user, a, err)
		}
	}
	if info, err := c.Info(t.Context(), &outcryv1.InfoRequest{}); err != nil || info.DataDir != "" {
		t.Errorf("somebody is told of the server's folders: %v, %v", info, err)
	}
}

// Breaks for users: a chart shows what a connection refuses.
func TestChartsDemandTheirGrant(t *testing.T) {
	url := house(t)
	get := func(path, token string) (status int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	a, b := token(t, "ann", map[string][]string{"see": {"A"}}), token(t, "bob", map[string][]string{"see": {"B"}})
	for _, path := range []string{"/udf/history?symbol=A&resolution=1&from=0&to=100", "/udf/symbols?symbol=A"} {
		if status, body := get(path, a); status != http.StatusOK || strings.Contains(body, "errmsg") {
			t.Errorf("%s: %d %s", path, status, body)
		}
		if status, body := get(path, b); status != http.StatusOK || !strings.Contains(body, "see is not granted") {
			t.Errorf("%s with the wrong token: %d %s", path, status, body)
		}
		if status, body := get(path, ""); status != http.StatusUnauthorized || !strings.Contains(body, "ERROR_CODE_UNAUTHENTICATED") {
			t.Errorf("%s without a token: %d %s", path, status, body)
		}
	}
	_, body := get("/udf/search?query=", b)
	var found []map[string]any
	if err := json.Unmarshal([]byte(body), &found); err != nil || len(found) != 1 || found[0]["symbol"] != "B" {
		t.Errorf("found %s", body)
	}
}
