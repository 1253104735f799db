package main

import (
	"path/filepath"
	"strings"
	"testing"
)

const lines = `1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}
1723161254116723068 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}
1723161254116923068 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683260,"p":"61837.64000000","q":"0.03000000","T":1723161255343,"m":false,"M":true}}
1723161254116723168 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate"}}
1723161254116923068 {"stream":"btcusdt@bookTicker","data":{"u":50093239219,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.60520000"}}
`

// A comparison is worth nothing if one side has fewer ticks, or columns that the other leaves out.
func TestEveryTickIsStoredAndWrittenAsColumns(t *testing.T) {
	c := &capture{"few", []byte(lines)}
	for _, way := range ways {
		for _, own := range []bool{false, true} {
			tables, err := c.tables(t.TempDir(), way, own)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range tables {
				if x.packed == 0 {
					t.Errorf("%s takes no bytes", x.Name)
				}
				for i, file := range x.Columns {
					x.Columns[i] = strings.TrimPrefix(filepath.Ext(file), ".")
				}
				got = append(got, strings.Join(x.Columns, " "))
			}
			want := "source_seq receive_time price size ask_price ask_size|source_seq receive_time event_time price size trade_id side|"
			if way == "followed" { // the sequence is the trade's id
				want = strings.Replace(want, "trade_id ", "", 1)
			}
			if text := strings.Join(got, "|"); text != want || tables[0].ticks != 2 || tables[1].ticks != 2 || tables[2].ticks != 4 {
				t.Errorf("%s: %s, want %s", way, text, want)
			}
		}
	}
}

// Bytes a tick that a release reached are not to be lost by a change of the fold or of the packing.
func TestATickStaysAsSmallAsItWas(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/binance/*usdt_2024*.jsonl.gz")
	if err != nil || len(files) == 0 {
		t.Skip("no captures in ../shared/data")
	}
	var all []*table
	for _, f := range files {
		c, err := readCapture(f)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := c.tables(t.TempDir(), "followed", false)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tables...)
	}
	for kind, most := range map[string]float64{"quotes": 5.0, "trades": 3.15, "both": 4.65} {
		sum := total(all, func(x *table) bool { return x.group.kind == kind })
		if got := float64(sum.packed) / float64(sum.ticks); got > most || sum.ticks == 0 {
			t.Errorf("%s take %.2f bytes a tick, they took %.2f", kind, got, most)
		}
	}
}
