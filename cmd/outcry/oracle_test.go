package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// markets are the instruments of the captures, by the name of their independent bars.
var markets = map[string]string{
	"spot.BTCUSDT": "BINANCE:BTCUSDT", "spot.ETHUSDT": "BINANCE:ETHUSDT",
	"usdm.BTCUSDT": "BINANCE-USDM:BTCUSDT", "usdm.ETHUSDT": "BINANCE-USDM:ETHUSDT",
}

// wantBars reads independent bars: a row a bar, by the name of the column.
func wantBars(t *testing.T, market, resolution string) (bars []map[string]string) {
	t.Helper()
	f, err := os.Open(shared(t, "binance", "bars_"+market+"_"+resolution+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(len(rows), err)
	}
	for i := range rows[1:] {
		bars = append(bars, byName(rows, i+1))
	}
	return bars
}

// Charts, scripts and analysts read the same bars by different ways; one that
// differs from the exchange's own trades is wrong wherever it is read.
func TestBarsAreTheIndependentOnesReadThreeWays(t *testing.T) {
	shared(t, "binance")
	s := newServer(t)
	for _, c := range captures {
		s.importCapture(c.venue, c.file)
	}
	for range 2 {
		s.allBars() // by query
		for market, id := range markets {
			for resolution, name := range map[string]string{"1s": "1S", "1m": "1"} {
				want := wantBars(t, market, resolution)
				s.sameByUDF(id, name, want)
				s.sameInRows(id, resolution, want)
			}
		}
		for _, c := range captures { // again, which must change nothing
			printed := s.run("import", "--format", "binance", "--venue", c.venue, "--define", "auto", shared(t, "binance", c.file))
			says(t, printed, " 0 accepted, ", " 0 refused")
		}
	}
}

// importCapture imports a file, and demands that every line is accounted for:
// depth lines and the book's snapshot by an independent count.
func (s *server) importCapture(venue, file string) {
	s.t.Helper()
	path := shared(s.t, "binance", file)
	printed := s.run("import", "--format", "binance", "--venue", venue, "--define", "auto", path)
	kinds := map[string]int{}
	lines := unzippedLines(s.t, path)
	for _, line := range lines {
		switch {
		case strings.Contains(line, "@depth"):
			kinds["depth update"]++
		case strings.Contains(line, `"lastUpdateId"`):
			kinds["book snapshot"]++
		default:
			kinds["tick"]++
		}
	}
	accepted := kinds["tick"]
	if strings.Contains(printed, "defined ") {
		accepted++ // the definition is an input, too
	}
	says(s.t, printed, fmt.Sprintf("%d lines: %d accepted, 0 duplicates, 0 late, 0 refused", len(lines), accepted),
		fmt.Sprintf("%d ignored (depth update)", kinds["depth update"]))
	if n := kinds["book snapshot"]; n > 0 {
		says(s.t, printed, fmt.Sprintf("%d ignored (book snapshot)", n))
	}
}

// history is the answer of /udf/history.
type history struct {
	S                string
	T                []int64
	O, H, L, C, V    []json.Number
	ErrMsg, NextTime any
}

func (s *server) sameByUDF(id, resolution string, want []map[string]string) {
	s.t.Helper()
	r, err := http.Get(fmt.Sprintf("%s/udf/history?symbol=%s&resolution=%s&from=0&to=%d", s.url, id, resolution, time.Now().Unix()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	var got history
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got.S != "ok" || len(got.T) != len(want) {
		s.t.Fatalf("UDF, %s %s: %q, %d bars, want %d; %v", id, resolution, got.S, len(got.T), len(want), err)
	}
	for i, w := range want {
		if strconv.FormatInt(got.T[i], 10) != w["time"] {
			s.t.Fatalf("UDF, %s %s: bar %d opens at %d, want %s", id, resolution, i, got.T[i], w["time"])
		}
		for field, value := range map[string]json.Number{"open": got.O[i], "high": got.H[i], "low": got.L[i], "close": got.C[i], "volume": got.V[i]} {
			if !nearestFloat(value.String(), w[field]) {
				s.t.Errorf("UDF, %s %s at %s: %s is %s, want %s", id, resolution, w["time"], field, value, w[field])
			}
		}
	}
}

// nearestFloat says whether a JSON number is the float64 nearest to a decimal.
func nearestFloat(got, want string) bool {
	g, errG := strconv.ParseFloat(got, 64)
	w, errW := strconv.ParseFloat(want, 64)
	return errG == nil && errW == nil && g == w
}

// sameInRows reads the table bars with a connection of its own, as the
// sqlite3 shell does, while the server is running. Rows may be two seconds behind.
func (s *server) sameInRows(id, resolution string, want []map[string]string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "rows.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 15*time.Second)
	defer cancel()
	for tick := time.Tick(20 * time.Millisecond); ; {
		got, err := barRowsOf(ctx, db, id, resolution)
		if err != nil {
			s.t.Fatalf("reading the table bars: %v", err)
		}
		wrong := differences(got, want)
		if len(wrong) == 0 {
			return
		}
		select {
		case <-tick:
		case <-ctx.Done():
			s.t.Fatalf("table bars, %s %s: %s", id, resolution, strings.Join(wrong[:min(len(wrong), 10)], "; "))
		}
	}
}

// barRowsOf reads bars as decimals, by the exponents that stand in latest.
func barRowsOf(ctx context.Context, db *sql.DB, id, resolution string) (bars []map[string]string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT time, open, high, low, close, volume, buy_volume, trades, turnover, price_exponent, size_exponent
		FROM bars JOIN latest USING (instrument) WHERE instrument = ? AND resolution = ? ORDER BY time`, id, resolution)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var at, open, high, low, last, volume, bought, trades, turnover string
		var pe, se int
		if err := rows.Scan(&at, &open, &high, &low, &last, &volume, &bought, &trades, &turnover, &pe, &se); err != nil {
			return nil, err
		}
		bars = append(bars, map[string]string{"time": at, "trades": trades,
			"open": scaled(open, pe), "high": scaled(high, pe), "low": scaled(low, pe), "close": scaled(last, pe),
			"volume": scaled(volume, se), "buy_volume": scaled(bought, se), "turnover": scaled(turnover, pe+se)})
	}
	return bars, rows.Err()
}

// scaled is a mantissa with its exponent, in big arithmetic that is not the product's.
func scaled(mantissa string, exponent int) string { return fmt.Sprintf("%se%d", mantissa, exponent) }

func differences(got, want []map[string]string) (wrong []string) {
	if len(got) != len(want) {
		return []string{fmt.Sprintf("%d bars, want %d", len(got), len(want))}
	}
	for i, w := range want {
		for field, value := range w {
			if !same(got[i][field], value) {
				wrong = append(wrong, fmt.Sprintf("at %s %s is %s, want %s", w["time"], field, got[i][field], value))
			}
		}
	}
	return wrong
}

// An oracle that takes a wrong bar for a right one proves nothing.
func TestTheOracleSeesADifference(t *testing.T) {
	want := []map[string]string{{"time": "60", "open": "1.50", "volume": "2"}}
	for _, c := range []struct {
		got []map[string]string
		ok  bool
	}{
		{[]map[string]string{{"time": "60", "open": "150e-2", "volume": "20e-1"}}, true},
		{[]map[string]string{{"time": "60", "open": "151e-2", "volume": "2"}}, false},
		{[]map[string]string{{"time": "60", "open": "150e-2"}}, false},
		{nil, false},
	} {
		if wrong := differences(c.got, want); (len(wrong) == 0) != c.ok {
			t.Errorf("%v: %v", c.got, wrong)
		}
	}
	if nearestFloat("1.5000000000000002", "1.5") || !nearestFloat("15e-1", "1.5") {
		t.Error("floats")
	}
	if _, ok := new(big.Rat).SetString(scaled("15", -1)); !ok {
		t.Error("scaled numbers are not read")
	}
}

// Many trades of a busy second look the same; taking them for one would lose volume.
func TestEqualLinesOfAFileAreDifferentTrades(t *testing.T) {
	path := shared(t, "binance", "spot_btcusdt_trades_20201116.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen, volume := map[string]bool{}, new(big.Rat)
	for _, r := range rows {
		size, ok := new(big.Rat).SetString(r[2])
		if !ok {
			t.Fatal(r)
		}
		volume.Add(volume, size)
		seen[strings.Join(r, ",")] = true
	}
	s := newServer(t)
	printed := s.run("import", "--format", "csv", "--columns", "time,price,size,side", "--time-unit", "s", "--instrument", "BINANCE:OLD", "--define", "auto", path)
	says(t, printed, fmt.Sprintf("%d lines: %d accepted, 0 duplicates, 0 late, 0 refused", len(rows), len(rows)+1))
	got := new(big.Rat)
	bars, err := csv.NewReader(strings.NewReader(s.run("query", "bars", "BINANCE:OLD", "--limit", "0", "--format", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range bars[1:] {
		v, ok := new(big.Rat).SetString(byName(bars, i+1)["volume"])
		if !ok {
			t.Fatal(bars[i+1])
		}
		got.Add(got, v)
	}
	if len(seen) == len(rows) || got.Cmp(volume) != 0 {
		t.Errorf("%d different lines of %d; the bars' volume is %s, want %s", len(seen), len(rows), got.FloatString(8), volume.FloatString(8))
	}
}
