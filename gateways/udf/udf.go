package udf

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
)

// Reads is what charts ask.
type Reads interface {
	Latest(context.Context, *outcryv1.LatestRequest) (*outcryv1.LatestResponse, error)
	Instruments(context.Context, *outcryv1.InstrumentsRequest) (*outcryv1.InstrumentsResponse, error)
	Bars(context.Context, *outcryv1.BarsRequest) (*outcryv1.BarsResponse, error)
}

// names of the resolutions in the protocol, smallest first.
var names = []string{"1S", "1", "5", "15", "60", "1D"}

var resolutions = map[string]outcryv1.Resolution{
	"1S": outcryv1.Resolution_RESOLUTION_1S, "1": outcryv1.Resolution_RESOLUTION_1M, "5": outcryv1.Resolution_RESOLUTION_5M,
	"15": outcryv1.Resolution_RESOLUTION_15M, "60": outcryv1.Resolution_RESOLUTION_1H, "1D": outcryv1.Resolution_RESOLUTION_1D,
	"D": outcryv1.Resolution_RESOLUTION_1D,
}

// house is the venue of instruments whose id names none.
const house = "OUTCRY"

const (
	barsMost   = 20_000
	searchMost = 100
)

// server answers one protocol's calls.
type server struct{ reads Reads }

// Handler serves /udf/.
func Handler(reads Reads) http.Handler {
	s := &server{reads}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /udf/config", s.config)
	mux.HandleFunc("GET /udf/time", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, time.Now().Unix()) })
	mux.HandleFunc("GET /udf/symbols", s.symbols)
	mux.HandleFunc("GET /udf/search", s.search)
	mux.HandleFunc("GET /udf/history", s.history)
	return mux
}

type object = map[string]any

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}

// refuse is how the protocol says errors: with status 200.
func refuse(w http.ResponseWriter, format string, args ...any) {
	reply(w, object{"s": "error", "errmsg": fmt.Sprintf(format, args...)})
}

func (s *server) config(w http.ResponseWriter, _ *http.Request) {
	reply(w, object{"supports_search": true, "supports_group_request": false, "supports_marks": false,
		"supports_timescale_marks": false, "supports_time": true, "supported_resolutions": names})
}

func (s *server) symbols(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("symbol")
	ask := &outcryv1.LatestRequest{Instruments: []string{id}}
	if name, ok := strings.CutPrefix(id, house+":"); ok { // as charts write VENUE:SYMBOL
		ask.Instruments = append(ask.Instruments, name)
	}
	answer, err := s.reads.Latest(r.Context(), ask)
	switch {
	case err != nil:
		refuse(w, "%v", err)
	case len(answer.Instruments) == 0:
		refuse(w, "unknown_symbol")
	default:
		reply(w, symbol(answer.Instruments[0]))
	}
}

// symbol describes an instrument: its smallest step is minmov / pricescale.
func symbol(l *outcryv1.Latest) object {
	d := l.GetDefinition()
	scale, step := int64(1), max(d.GetTickSize(), 1)
	for e := d.GetPriceExponent(); e < 0; e++ {
		scale *= 10
	}
	for scale > 1 && step%10 == 0 {
		scale, step = scale/10, step/10
	}
	venue, _, found := strings.Cut(l.Instrument, ":")
	if !found {
		venue = house
	}
	description := d.GetDescription()
	if description == "" {
		description = l.Instrument
	}
	return object{"name": l.Instrument, "ticker": l.Instrument, "description": description, "type": "stock",
		"exchange": venue, "listed_exchange": venue, "session": "24x7", "timezone": "Etc/UTC",
		"minmov": step, "pricescale": scale, "has_intraday": true, "has_seconds": true, "seconds_multipliers": []string{"1"},
		"intraday_multipliers": []string{"1"}, "has_daily": true, "supported_resolutions": names,
		"volume_precision": max(0, -d.GetSizeExponent()), "data_status": "streaming", "currency_code": d.GetCurrency()}
}

func (s *server) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > searchMost {
		limit = searchMost
	}
	answer, err := s.reads.Instruments(r.Context(), &outcryv1.InstrumentsRequest{Query: q.Get("query"), Limit: uint32(limit)})
	if err != nil {
		refuse(w, "%v", err)
		return
	}
	found := make([]object, 0, len(answer.Instruments))
	for _, l := range answer.Instruments {
		d := symbol(l)
		found = append(found, object{"symbol": l.Instrument, "full_name": l.Instrument, "ticker": l.Instrument,
			"description": d["description"], "exchange": d["exchange"], "type": d["type"]})
	}
	reply(w, found)
}

// historyRequest reads the query: to is exclusive, countback beats from.
func historyRequest(r *http.Request) (*outcryv1.BarsRequest, error) {
	q := r.URL.Query()
	b := &outcryv1.BarsRequest{Instrument: q.Get("symbol"), Resolution: resolutions[q.Get("resolution")], Limit: barsMost}
	if b.Resolution == outcryv1.Resolution_RESOLUTION_UNSPECIFIED {
		return nil, fmt.Errorf("unknown resolution %q; there are %s", q.Get("resolution"), strings.Join(names, " "))
	}
	for name, to := range map[string]*int64{"from": &b.From, "to": &b.To} {
		n, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil && q.Get(name) != "" {
			return nil, fmt.Errorf("%s %q is no time in seconds", name, q.Get(name))
		}
		*to = max(n, 0)
	}
	if text := q.Get("countback"); text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("countback %q is no number", text)
		}
		b.CountBack = uint32(min(n, barsMost))
	}
	return b, nil
}

func (s *server) history(w http.ResponseWriter, r *http.Request) {
	q, err := historyRequest(r)
	if err != nil {
		refuse(w, "%v", err)
		return
	}
	answer, err := s.reads.Bars(r.Context(), q)
	if err != nil {
		refuse(w, "%v", err)
		return
	}
	if answer.More && q.CountBack == 0 {
		refuse(w, "from and to hold more bars than one answer can: ask for less, or with countback")
		return
	}
	if len(answer.Bars) == 0 {
		none := object{"s": "no_data"}
		if answer.NextTime > 0 {
			none["nextTime"] = answer.NextTime
		}
		reply(w, none)
		return
	}
	reply(w, columns(answer))
}

func columns(a *outcryv1.BarsResponse) object {
	n, pe, se := len(a.Bars), a.Definition.GetPriceExponent(), a.Definition.GetSizeExponent()
	t := make([]int64, n)
	o, h, l, c, v := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i, b := range a.Bars {
		t[i] = b.Time
		o[i], h[i] = decimal.Float(b.Open, pe), decimal.Float(b.High, pe)
		l[i], c[i] = decimal.Float(b.Low, pe), decimal.Float(b.Close, pe)
		v[i] = decimal.Float(b.Volume, se)
	}
	return object{"s": "ok", "t": t, "o": o, "h": h, "l": l, "c": c, "v": v}
}
