package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"outcry/bench/path"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// withApp runs a server on a folder of its own, and do beside it.
func withApp(t *testing.T, change func(*config), do func(ctx context.Context, a *app, address string)) {
	t.Helper()
	c, err := benchConfig(newConfig(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.partitions = 2
	if change != nil {
		change(c)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	err = serve(ctx, c, io.Discard, func(ctx context.Context, a *app, url string) error {
		defer stop()
		do(ctx, a, strings.TrimPrefix(url, "http://"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// figures of the registry by name and label values; of a histogram its count.
func (a *app) figures(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := a.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			all[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// Breaks for users: who operates a server would learn from its clients that they get nothing.
func TestMetricsTellWhatClientsGet(t *testing.T) {
	withApp(t, nil, func(ctx context.Context, a *app, address string) {
		l := newLoader(a.publisher, 1, 0, 1, func() int64 { return 0 })
		if err := l.define(ctx); err != nil {
			t.Fatal(err)
		}
		_, err := path.DialWatch(address, []string{"NOBODY:KNOWS"}, 0)
		if err == nil {
			t.Fatal("an unknown instrument was granted")
		}
		w, err := path.DialWatch(address, l.floor.IDs(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for i := range 3 { // the snapshot, then two prices
			for w.Counts.Updates <= uint64(i) {
				if err := w.Read(); err != nil {
					t.Fatal(err)
				}
			}
			tick := events.Tick{Kind: events.QuoteTick, SourceSeq: uint64(1 + i), EventTime: time.Now().UnixNano(), Price: 100 + int64(i), Size: 1, AskPrice: 200, AskSize: 1}
			if err := l.stream.Tick(ctx, l.floor.IDs()[0], &tick, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := l.stream.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		f := a.figures(t)
		if f["outcry_edge_deliveries_total latest"] < 3 || f["outcry_edge_age_seconds"] < 2 || f["outcry_edge_framed_bytes_total"] == 0 {
			t.Errorf("deliveries: %v", f)
		}
		if f["outcry_edge_refusals_total "+outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT.String()] != 1 {
			t.Errorf("refusals: %v", f)
		}
		if f["outcry_edge_connections ws"] < 1 || f["outcry_edge_sessions live"] < 1 || f["outcry_edge_sessions stalled"] != 0 {
			t.Errorf("clients: %v", f)
		}
	})
}
