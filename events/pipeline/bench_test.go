package pipeline

import (
	"fmt"
	"testing"

	"outcry/events/pipeline/raw"
)

// A message through all kinds of stages, without the log.
func BenchmarkMessageThroughAllStages(b *testing.B) {
	files := map[string]string{"ref.csv": "symbol,lot,venue\nSYM0,100,XTST\nSYM1,10,XTST\n"}
	p, err := New(configOf(b, `{name: acme, define: auto, identity: {by: field, field: id}, stages: [
  {map: {instrument: data.s, price: data.p, lots: data.q, time: data.T, trade_id: id}},
  {time: {time: ms}},
  {join: {table: ref.csv, key: symbol, take: {lot: lot, venue: venue}}},
  {drop: empty, when: [[lots, "=", 0]]},
  {multiply: {size: [lots, lot]}},
  {derive: {instrument: "{venue}:{instrument}"}}]}`), Env{ReadFile: func(name string) ([]byte, error) { return []byte(files[name]), nil }})
	if err != nil {
		b.Fatal(err)
	}
	batch := &raw.Batch{Topic: "outcry.raw.acme", Epoch: "e"}
	for n := range 500 {
		batch.Messages = append(batch.Messages, raw.Message{Offset: int64(n), Key: fmt.Appendf(nil, "SYM%d", n%2),
			Value: fmt.Appendf(nil, `{"stream":"trade","id":"t%d","data":{"s":"SYM%d","p":"%d.25","q":%d,"T":%d,"m":true}}`, n, n%2, 100+n%7, 1+n%5, 1_700_000_000_000+n)})
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := p.Trace(batch, nil)
		if err != nil || out[7].Kind != Passed {
			b.Fatal(err, out[7])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Messages)), "ns/message")
}
