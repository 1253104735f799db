package main

import (
	"path/filepath"
	"testing"

	"outcry/internal/feed"
	"outcry/internal/tickpack"
	outcryv1 "outcry/proto/outcry/v1"
)

// BenchmarkRecordings packs and unpacks the blocks of a market as it was.
func BenchmarkRecordings(b *testing.B) {
	files, err := filepath.Glob("../../../shared/data/binance/*usdt_2024*.jsonl.gz")
	if err != nil || len(files) == 0 {
		b.Skip("no captures in ../shared/data")
	}
	var blocks, packed [][]byte
	ticks := 0
	for _, f := range files {
		c, err := readCapture(f)
		if err != nil {
			b.Fatal(err)
		}
		all, err := c.ticks("followed")
		if err != nil {
			b.Fatal(err)
		}
		of, err := blocksOf(c.name, &outcryv1.Definition{PriceExponent: feed.AutoExponent, SizeExponent: feed.AutoExponent}, all)
		if err != nil {
			b.Fatal(err)
		}
		for _, x := range of {
			blocks, packed = append(blocks, x.Data), append(packed, tickpack.Pack(x.Data))
		}
		ticks += len(all)
	}
	run := func(name string, all [][]byte, f func([]byte)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, x := range all {
					f(x)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(ticks), "ns/tick")
		})
	}
	run("pack", blocks, func(x []byte) { tickpack.Pack(x) })
	run("unpack", packed, func(x []byte) {
		if _, err := tickpack.Unpack(x); err != nil {
			b.Fatal(err)
		}
	})
}
