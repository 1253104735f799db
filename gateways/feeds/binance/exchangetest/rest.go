package exchangetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// rest answers exchangeInfo, historicalTrades, trades and aggTrades.
func (x *Exchange) rest(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v3/")
	x.state.Lock()
	x.state.rest = append(x.state.rest, path)
	fail := x.state.failed < x.config.FailFirst
	if fail {
		x.state.failed++
	}
	x.state.Unlock()
	switch {
	case fail:
		w.Header().Set("Retry-After", strconv.Itoa(x.config.FailAfter))
		http.Error(w, "{}", x.config.FailWith)
	case path == "exchangeInfo":
		x.info(w)
	case path == "historicalTrades" && x.config.KeyNeeded:
		refuse(w, http.StatusUnauthorized, -2014, "API-key format invalid.")
	case path == "historicalTrades", path == "trades":
		x.trades(w, r, "trade")
	case path == "aggTrades":
		x.trades(w, r, "aggTrade")
	default:
		http.NotFound(w, r)
	}
}

func refuse(w http.ResponseWriter, status, code int, text string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code":%d,"msg":%q}`, code, text)
}

func (x *Exchange) info(w http.ResponseWriter) {
	type object = map[string]any
	symbols := []object{}
	for name, steps := range x.config.Symbols {
		symbols = append(symbols, object{"symbol": name, "status": "TRADING", "quoteAsset": "USDT", "filters": []object{
			{"filterType": "PRICE_FILTER", "tickSize": steps[0]}, {"filterType": "LOT_SIZE", "stepSize": steps[1]}}})
	}
	_ = json.NewEncoder(w).Encode(object{"timezone": "UTC", "rateLimits": []object{{"limit": 1}}, "symbols": symbols})
}

func (x *Exchange) trades(w http.ResponseWriter, r *http.Request, kind string) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || q.Get("symbol") == "" {
		refuse(w, http.StatusBadRequest, -1102, "Mandatory parameter was not sent.")
		return
	}
	from, err := strconv.ParseUint(q.Get("fromId"), 10, 64)
	newest := err != nil // without fromId the newest are given
	x.state.Lock()
	at := x.state.at
	x.state.Unlock()
	stream := strings.ToLower(q.Get("symbol")) + "@" + kind
	page := []any{}
	for _, m := range x.config.Messages[:at] {
		if m.Stream == stream && !x.config.Withheld[m.id] && (newest || m.id >= from) {
			page = append(page, m.past)
		}
	}
	if n := len(page); newest && n > limit {
		page = slices.Clone(page[n-limit:])
	}
	_ = json.NewEncoder(w).Encode(page[:min(len(page), limit)])
}
