package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"outcry/gateways/feeds/binance"
)

// feedMetrics are read from the feeds when somebody asks.
type feedMetrics []*runningFeed

// figure is one metric of all feeds.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(binance.Status) float64
}

var feedFigures = []figure{
	feedFigure("accepted_inputs_total", "Inputs that the actors accepted.", prometheus.CounterValue, func(s binance.Status) float64 { return float64(s.Accepted) }),
	feedFigure("refused_inputs_total", "Inputs that the actors refused.", prometheus.CounterValue, func(s binance.Status) float64 { return float64(s.Refused) }),
	feedFigure("unreadable_messages_total", "Messages that could not be read.", prometheus.CounterValue, func(s binance.Status) float64 { return float64(s.Unreadable) }),
	feedFigure("reconnects_total", "Connections that were made anew.", prometheus.CounterValue, func(s binance.Status) float64 { return float64(s.Reconnects) }),
	feedFigure("missing_trades_total", "Trades that could not be fetched.", prometheus.CounterValue, func(s binance.Status) float64 { return float64(s.Missing) }),
	feedFigure("live_connections", "Connections over which messages come.", prometheus.GaugeValue, func(s binance.Status) float64 { return float64(s.Live) }),
	feedFigure("wanted_connections", "Connections that there should be.", prometheus.GaugeValue, func(s binance.Status) float64 { return float64(s.Connections) }),
	feedFigure("behind_seconds", "Age of the oldest input that is not durable.", prometheus.GaugeValue, func(s binance.Status) float64 { return s.Behind.Seconds() }),
	feedFigure("newest_seconds", "Unix time of the newest message; 0: none yet.", prometheus.GaugeValue, func(s binance.Status) float64 {
		if s.Newest.IsZero() {
			return 0
		}
		return float64(s.Newest.UnixMilli()) / 1000
	}),
}

func feedFigure(name, help string, kind prometheus.ValueType, of func(binance.Status) float64) figure {
	return figure{prometheus.NewDesc("outcry_feed_"+name, help, []string{"feed"}, nil), kind, of}
}

func (m feedMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, f := range feedFigures {
		out <- f.desc
	}
}

func (m feedMetrics) Collect(out chan<- prometheus.Metric) {
	for _, r := range m {
		feed := r.now.Load()
		if feed == nil {
			continue
		}
		s := feed.Status()
		for _, f := range feedFigures {
			out <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(s), r.name)
		}
	}
}
