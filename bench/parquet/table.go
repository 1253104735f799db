package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"outcry/actors/instrument"
	"outcry/events"
	"outcry/internal/feed"
	"outcry/internal/tickpack"
	outcryv1 "outcry/proto/outcry/v1"
)

// ways in which a capture becomes ticks.
var ways = []string{"imported", "followed"}

// kinds of ticks, apart and as they come.
var kinds = []struct {
	name string
	of   []events.TickKind
}{
	{"quotes", []events.TickKind{events.QuoteTick}},
	{"trades", []events.TickKind{events.TradeTick}},
	{"both", []events.TickKind{events.QuoteTick, events.TradeTick}},
}

// table is the quotes or trades of a capture, or both.
type table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"` // files of int64, little-endian
	group   group
	capture string
	ticks   int
	packed  int
	parquet int
}

// group of tables that are shown together.
type group struct {
	way  string
	own  bool // the instrument's own exponents, not -8
	kind string
}

func (c *capture) tables(dir, way string, own bool) (tables []*table, err error) {
	definition := &outcryv1.Definition{PriceExponent: feed.AutoExponent, SizeExponent: feed.AutoExponent, Calendar: "24x7"}
	ticks, err := c.ticks(way)
	if err != nil {
		return nil, err
	}
	if own {
		shorten(ticks, definition)
	}
	for _, kind := range kinds {
		t := &table{Name: fmt.Sprintf("%s-%s-%t-%s", c.name, way, own, kind.name), group: group{way, own, kind.name}, capture: c.name}
		some := slices.DeleteFunc(slices.Clone(ticks), func(x events.Tick) bool { return !slices.Contains(kind.of, x.Kind) })
		if err := t.store(dir, definition, some); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (c *capture) ticks(way string) (ticks []events.Tick, err error) {
	inputs, err := c.imported, error(nil)
	if way == "followed" {
		inputs = c.followed
	}
	all, err := inputs(&feed.Book{Auto: true})
	if err != nil {
		return nil, err
	}
	for _, ev := range all {
		t, err := tickOf(ev)
		if err != nil {
			return nil, err
		}
		ticks = append(ticks, t)
	}
	return ticks, nil
}

// shorten takes off the zeros that all prices, and all sizes, end in.
func shorten(ticks []events.Tick, d *outcryv1.Definition) {
	var prices, sizes []*int64
	for i := range ticks {
		t := &ticks[i]
		prices, sizes = append(prices, &t.Price, &t.AskPrice), append(sizes, &t.Size, &t.AskSize)
	}
	d.PriceExponent += shortened(prices)
	d.SizeExponent += shortened(sizes)
}

func shortened(values []*int64) (zeros int32) {
	for !slices.ContainsFunc(values, func(v *int64) bool { return *v%10 != 0 }) {
		for _, v := range values {
			*v /= 10
		}
		zeros++
	}
	return zeros
}

// store packs the blocks of ticks, and writes as columns what comes back.
func (t *table) store(dir string, d *outcryv1.Definition, ticks []events.Tick) error {
	blocks, err := blocksOf(t.Name, d, ticks)
	if err != nil {
		return err
	}
	var back []events.Tick
	for _, b := range blocks {
		packed := tickpack.Pack(b.Data)
		t.packed += len(packed)
		data, err := tickpack.Unpack(packed)
		if err != nil {
			return err
		}
		err = instrument.ReadBlock(b.FirstSeq, data, func(x *instrument.BlockTick) error {
			if x.Event == nil {
				back = append(back, x.Tick)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if !slices.Equal(back, ticks) {
		return fmt.Errorf("the %d ticks that came back are not the %d that were stored", len(back), len(ticks))
	}
	t.ticks = len(ticks)
	if t.group.kind == "both" {
		return nil // Parquet needs a table for each kind
	}
	return t.write(dir, back)
}

// columns of both kinds, in the order in which they are written.
var columns = []struct {
	name string
	of   func(*events.Tick) int64
}{
	{"source_seq", func(t *events.Tick) int64 { return int64(t.SourceSeq) }},
	{"receive_time", func(t *events.Tick) int64 { return t.ReceiveTime }},
	{"event_time", func(t *events.Tick) int64 { return t.EventTime }},
	{"price", func(t *events.Tick) int64 { return t.Price }},
	{"size", func(t *events.Tick) int64 { return t.Size }},
	{"ask_price", func(t *events.Tick) int64 { return t.AskPrice }},
	{"ask_size", func(t *events.Tick) int64 { return t.AskSize }},
	{"trade_id", func(t *events.Tick) int64 { return t.TradeID }},
	{"side", func(t *events.Tick) int64 { return int64(t.Side) }},
}

// write leaves out columns that repeat another one or say nothing, in favour of Parquet.
func (t *table) write(dir string, ticks []events.Tick) error {
	written := [][]byte{make([]byte, 8*len(ticks))}
	for _, c := range columns {
		var data []byte
		for i := range ticks {
			data = binary.LittleEndian.AppendUint64(data, uint64(c.of(&ticks[i])))
		}
		if slices.ContainsFunc(written, func(other []byte) bool { return bytes.Equal(other, data) }) {
			continue
		}
		written = append(written, data)
		file := filepath.Join(dir, t.Name+"."+c.name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
		t.Columns = append(t.Columns, file)
	}
	return nil
}
