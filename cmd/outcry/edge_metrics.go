package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"outcry/gateways/pump"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// edgeMetrics are what clients get. What pumps tell is added up here, a turn at a time;
// what stands still is looked at when somebody asks.
type edgeMetrics struct {
	latest, items, merged, bytes, stalls atomic.Uint64
	ages                                 [session.AgeSteps]atomic.Uint64
	ageSum                               atomic.Int64
	refusals                             *prometheus.CounterVec
	pumps                                *pump.Pumps
	log                                  *slog.Logger
}

var (
	edgeDeliveries  = prometheus.NewDesc("outcry_edge_deliveries_total", "Updates (latest) and items (stream) that were framed for clients.", []string{"class"}, nil)
	edgeMerged      = prometheus.NewDesc("outcry_edge_merged_total", "Versions of latest-wins topics that newer ones took the place of before they were framed.", nil, nil)
	edgeBytes       = prometheus.NewDesc("outcry_edge_framed_bytes_total", "Bytes that were framed for clients.", nil, nil)
	edgeStalls      = prometheus.NewDesc("outcry_edge_stalls_total", "Times that a connection had not taken for 100 ms what it was given.", nil, nil)
	edgeAge         = prometheus.NewDesc("outcry_edge_age_seconds", "Age of an update when its bytes were framed, since its record's ingest time; snapshots are left out.", nil, nil)
	edgeConnections = prometheus.NewDesc("outcry_edge_connections", "Clients that are connected.", []string{"transport"}, nil)
	edgeSessions    = prometheus.NewDesc("outcry_edge_sessions", "Sessions by state: greeting (no hello yet), live, stalled (the connection takes nothing more), leaving.", []string{"state"}, nil)
	edgeLag         = prometheus.NewDesc("outcry_edge_lag_items", "How far the cursor that is furthest behind is behind its stream, in seqs.", nil, nil)
	edgeStuck       = prometheus.NewDesc("outcry_edge_stuck_bytes", "Bytes that are framed and that connections did not take yet.", nil, nil)
)

// lookWithin bounds how long an answer to a scrape waits for the pumps.
const lookWithin = 5 * time.Second

func newEdgeMetrics() *edgeMetrics {
	return &edgeMetrics{refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "outcry_edge_refusals_total", Help: "Refusals that went to clients, by code."}, []string{"code"})}
}

// refused counts a refusal, whoever gave it.
func (m *edgeMetrics) refused(code outcryv1.ErrorCode) {
	m.refusals.WithLabelValues(wordOf(code)).Inc()
}

// wordOf keeps the label bounded: a code that this version does not know has no name.
func wordOf(code outcryv1.ErrorCode) string {
	if _, known := outcryv1.ErrorCode_name[int32(code)]; !known {
		return "unknown"
	}
	return code.String()
}

// observer is called in pumps' turns, several at a time.
func (m *edgeMetrics) observer() pump.Observer {
	return pump.Observer{
		Wrote:   func(bytes, _ int) { m.bytes.Add(uint64(bytes)) },
		Stalled: func() { m.stalls.Add(1) },
		Delivered: func(t *session.Tally) {
			m.latest.Add(t.Latest)
			m.merged.Add(t.Merged)
			m.items.Add(t.Items)
			m.ageSum.Add(int64(t.Ages.Sum))
			for i, n := range t.Ages.Counts {
				if n > 0 {
					m.ages[i].Add(uint64(n))
				}
			}
		},
	}
}

// watch registers what is read from the pumps.
func (m *edgeMetrics) watch(p *pump.Pumps, r *prometheus.Registry, log *slog.Logger) {
	m.pumps, m.log = p, log
	r.MustRegister(m, m.refusals)
}

// Describe is prometheus.Collector's.
func (m *edgeMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{edgeDeliveries, edgeMerged, edgeBytes, edgeStalls, edgeAge, edgeConnections, edgeSessions, edgeLag, edgeStuck} {
		out <- d
	}
}

// Collect is prometheus.Collector's.
func (m *edgeMetrics) Collect(out chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n *atomic.Uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()), labels...)
	}
	counter(edgeDeliveries, &m.latest, "latest")
	counter(edgeDeliveries, &m.items, "stream")
	counter(edgeMerged, &m.merged)
	counter(edgeBytes, &m.bytes)
	counter(edgeStalls, &m.stalls)
	out <- m.age()
	m.look(out)
}

func (m *edgeMetrics) age() prometheus.Metric {
	steps, count := map[float64]uint64{}, uint64(0)
	for i := range m.ages {
		count += m.ages[i].Load()
		if i < session.AgeSteps-1 { // the last has no end
			steps[session.StepEnd(i).Seconds()] = count
		}
	}
	return prometheus.MustNewConstHistogram(edgeAge, count, time.Duration(m.ageSum.Load()).Seconds(), steps)
}

// look counts the clients as they are now. Where that does not come in time the
// figures are left out: an old one would hide that the pumps hang.
func (m *edgeMetrics) look(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	transports, states := map[string]int{}, map[pump.State]int{}
	var lag uint64
	stuck := 0
	err := m.pumps.Each(ctx, func(some []pump.Seen) {
		for i := range some {
			transports[some[i].Transport]++
			states[some[i].State]++
			lag, stuck = max(lag, some[i].Lag), stuck+some[i].Stuck
		}
	})
	if err != nil {
		m.log.Warn("clients could not be counted for the metrics", "error", err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for name, n := range transports {
		gauge(edgeConnections, float64(n), name)
	}
	for _, s := range []pump.State{pump.Greeting, pump.Live, pump.Stalled, pump.Leaving} {
		gauge(edgeSessions, float64(states[s]), string(s))
	}
	gauge(edgeLag, float64(lag))
	gauge(edgeStuck, float64(stuck))
}
