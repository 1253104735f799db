package udf

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	outcryv1 "outcry/proto/outcry/v1"
)

// floor has one instrument with bars at 60 and 120 s, prices with two places.
type floor struct{ asked *outcryv1.BarsRequest }

func (f *floor) Latest(_ context.Context, r *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error) {
	if r.Instruments[0] != "X:Y" {
		return &outcryv1.LatestResponse{Unknown: r.Instruments}, nil
	}
	return &outcryv1.LatestResponse{Instruments: []*outcryv1.Latest{{Instrument: "X:Y",
		Definition: &outcryv1.Definition{PriceExponent: -4, TickSize: 25}}}}, nil
}

func (f *floor) Instruments(ctx context.Context, r *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error) {
	a, err := f.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{"X:Y"}})
	return &outcryv1.InstrumentsResponse{Instruments: a.Instruments}, err
}

func (f *floor) Bars(_ context.Context, r *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error) {
	f.asked = r
	if r.To > 0 && r.To <= 60 {
		return &outcryv1.BarsResponse{}, nil
	}
	if r.From > 120 {
		return &outcryv1.BarsResponse{NextTime: 120}, nil
	}
	return &outcryv1.BarsResponse{Definition: &outcryv1.Definition{PriceExponent: -2},
		Bars: []*outcryv1.Bar{{Time: 60, Open: 101, High: 110, Low: 100, Close: 105, Volume: 7}, {Time: 120, Open: 105, High: 105, Low: 105, Close: 105, Volume: 1}}}, nil
}

func call(t *testing.T, f *floor, path string) (answer any) {
	t.Helper()
	return ask(t, f, path)
}

func ask(t *testing.T, from Reads, path string) (answer any) {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(from).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
	}
	return answer
}

// Charts read these shapes; anything else is an empty chart.
func TestHistoryAnswersAsChartsExpect(t *testing.T) {
	f := &floor{}
	got := call(t, f, "/udf/history?symbol=X:Y&resolution=1&from=0&to=500&countback=2")
	want := map[string]any{"s": "ok", "t": []any{60.0, 120.0}, "o": []any{1.01, 1.05}, "h": []any{1.1, 1.05}, "l": []any{1.0, 1.05}, "c": []any{1.05, 1.05}, "v": []any{7.0, 1.0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.asked.CountBack != 2 || f.asked.To != 500 {
		t.Errorf("asked %v", f.asked)
	}
	if diff := cmp.Diff(map[string]any{"s": "no_data"}, call(t, f, "/udf/history?symbol=X:Y&resolution=1&from=0&to=60")); diff != "" {
		t.Error("left edge:", diff)
	}
	if diff := cmp.Diff(map[string]any{"s": "no_data", "nextTime": 120.0}, call(t, f, "/udf/history?symbol=X:Y&resolution=1&from=200&to=300")); diff != "" {
		t.Error("empty weekend:", diff)
	}
}

// A malformed query must say what is wrong, in the protocol's own way.
func TestMalformedQueriesAreRefused(t *testing.T) {
	for _, path := range []string{
		"/udf/history?symbol=X:Y&resolution=7&from=0&to=1", "/udf/history?symbol=X:Y&resolution=1&from=a&to=1",
		"/udf/history?symbol=X:Y&resolution=1&from=0&to=1&countback=-1", "/udf/symbols?symbol=NONE",
	} {
		answer, _ := call(t, &floor{}, path).(map[string]any)
		if answer["s"] != "error" || answer["errmsg"] == "" {
			t.Errorf("%s: %v", path, answer)
		}
	}
}

// A price scale that is off moves every label of the axis.
func TestSymbolsSayThePriceStep(t *testing.T) {
	answer := call(t, &floor{}, "/udf/symbols?symbol=X:Y").(map[string]any)
	if answer["pricescale"] != 10000.0 || answer["minmov"] != 25.0 || answer["exchange"] != "X" {
		t.Error(answer)
	}
	found := call(t, &floor{}, "/udf/search?query=x").([]any)
	if len(found) != 1 || found[0].(map[string]any)["symbol"] != "X:Y" {
		t.Error(found)
	}
}
