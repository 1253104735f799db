package main

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"outcry/actors/host"
	"outcry/events"
	"outcry/events/embedded"
	"outcry/projections"
)

// metrics is the one place where observers become Prometheus. Labels are bounded sets.
type metrics struct {
	registry *prometheus.Registry

	logRecords, logBytes, logRefused prometheus.Counter
	logSync                          prometheus.Histogram
	logFree                          prometheus.Gauge
	logRetried                       prometheus.Counter
	logTrouble                       *prometheus.GaugeVec
	logFetched                       *prometheus.CounterVec
	published                        *prometheus.CounterVec
	folded, checkpoints, parked      *prometheus.CounterVec
	leftOut, debts, caughtUp         *prometheus.CounterVec
	entities                         *prometheus.GaugeVec
	rowsWritten                      *prometheus.CounterVec
	rowsFailed                       prometheus.Counter
	rowsSeconds                      prometheus.Histogram
	lag                              *prometheus.GaugeVec
	edge                             *edgeMetrics

	pipelinesOnce                                  sync.Once // registers what follows, where there are pipelines
	pipelineMessages, pipelineLate, pipelineFailed *prometheus.CounterVec
	pipelineLag                                    *prometheus.GaugeVec
	pipelineSeconds                                *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), edge: newEdgeMetrics()}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	byKind := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"kind"})
		m.registry.MustRegister(c)
		return c
	}
	seconds := func(name, help string) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16)})
		m.registry.MustRegister(h)
		return h
	}
	m.logRecords = counter("outcry_log_records_total", "Records made durable.")
	m.logBytes = counter("outcry_log_bytes_total", "Bytes made durable.")
	m.logRefused = counter("outcry_log_refused_records_total", "Records that the log refused.")
	m.logSync = seconds("outcry_log_sync_seconds", "Time of one fsync.")
	m.logFree = prometheus.NewGauge(prometheus.GaugeOpts{Name: "outcry_log_free_disk_ratio", Help: "Free share of the log's disk."})
	m.logRetried = counter("outcry_log_retried_records_total", "Records that Kafka was asked to take again.")
	m.logTrouble = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "outcry_log_trouble", Help: "1 while publishing to Kafka, or reading from it, fails and is tried again."}, []string{"what"})
	m.logFetched = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outcry_log_fetched_bytes_total", Help: "Bytes of records read from Kafka, by brokers of our own rack and others."}, []string{"rack"})
	m.published = byKind("outcry_publisher_inputs_total", "Inputs appended to the log.")
	m.folded = byKind("outcry_host_folded_inputs_total", "Inputs folded.")
	m.checkpoints = byKind("outcry_host_checkpoints_total", "Checkpoints taken.")
	m.leftOut = byKind("outcry_host_checkpoints_left_out_total", "Checkpoints that were due and left out, since the store was behind.")
	m.debts = byKind("outcry_rows_debts_total", "Times that a shard's rows were dropped, since the store had no room for them.")
	m.caughtUp = byKind("outcry_rows_caught_up_total", "Times that the store had all rows of such a shard again.")
	m.parked = byKind("outcry_host_parked_total", "Entities parked after failing twice at one position.")
	m.entities = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "outcry_host_active_entities", Help: "Entities that are unpacked."}, []string{"kind"})
	m.lag = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "outcry_host_lag_seconds", Help: "Age of the newest folded record when it was folded."}, []string{"kind"})
	m.rowsWritten = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outcry_rows_written_total", Help: "Rows stored."}, []string{"sort"})
	m.rowsFailed = counter("outcry_rows_failed_writes_total", "Transactions that the store refused.")
	m.rowsSeconds = seconds("outcry_rows_write_seconds", "Time of one transaction.")
	m.registry.MustRegister(m.rowsWritten, m.logFree, m.logTrouble, m.logFetched, m.entities, m.lag)
	return m
}

func (m *metrics) log() embedded.Observer {
	return embedded.Observer{
		Committed: func(c embedded.Commit) {
			m.logRecords.Add(float64(c.Records))
			m.logBytes.Add(float64(c.Bytes))
			m.logSync.Observe(c.Sync.Seconds())
		},
		Refused: func(records int, _ error) { m.logRefused.Add(float64(records)) },
		Free:    m.logFree.Set,
	}
}

func (m *metrics) publisher() events.Observer {
	return events.Observer{Appended: func(k events.Kind, _, inputs, _ int, _ time.Duration) {
		m.published.WithLabelValues(k.String()).Add(float64(inputs))
	}}
}

func (m *metrics) writer(log *slog.Logger) projections.Observer {
	return projections.Observer{
		Written: func(rows *projections.Rows, took time.Duration) {
			rows.Each(func(sort string, n int) { m.rowsWritten.WithLabelValues(sort).Add(float64(n)) })
			m.rowsSeconds.Observe(took.Seconds())
		},
		WriteFailed: func(err error, attempt, waiting int) {
			m.rowsFailed.Inc()
			log.Warn("the store refused rows; they are tried again", "error", err, "attempt", attempt, "waiting", waiting)
		},
	}
}

func (m *metrics) host() host.Observer {
	return host.Observer{
		Folded: func(k events.Kind, _ int32, _ int64, n int, lag time.Duration) {
			m.folded.WithLabelValues(k.String()).Add(float64(n))
			m.lag.WithLabelValues(k.String()).Set(lag.Seconds())
		},
		Checkpoint: func(k events.Kind, _ int32, _ int64, _, _ int) { m.checkpoints.WithLabelValues(k.String()).Inc() },
		Parked: func(k events.Kind, _ int32, _ string, _ events.Position, _ string) {
			m.parked.WithLabelValues(k.String()).Inc()
		},
		LeftOut:      func(k events.Kind, _ int32, _ int64) { m.leftOut.WithLabelValues(k.String()).Inc() },
		Owing:        func(k events.Kind, _ int32, _ int64) { m.debts.WithLabelValues(k.String()).Inc() },
		RowsCaughtUp: func(k events.Kind, _ int32, _, _ int64) { m.caughtUp.WithLabelValues(k.String()).Inc() },
		Activated:    func(k events.Kind) { m.entities.WithLabelValues(k.String()).Inc() },
		Passivated:   func(k events.Kind) { m.entities.WithLabelValues(k.String()).Dec() },
	}
}

// rows shows how far the store is behind, whenever somebody looks.
func (m *metrics) rows(now func() rowsReadiness) {
	gauge := func(name, help string, value func(rowsReadiness) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(now()) }))
	}
	gauge("outcry_rows_waiting", "Rows that wait for the store.", func(r rowsReadiness) float64 { return float64(r.WaitingRows) })
	gauge("outcry_rows_waiting_bytes", "Memory of the rows that wait, about.", func(r rowsReadiness) float64 { return float64(r.WaitingBytes) })
	gauge("outcry_rows_lag_seconds", "Age of the oldest row that is not stored.", func(r rowsReadiness) float64 { return r.LagSeconds })
	gauge("outcry_rows_owing_shards", "Shards whose rows are folded again for the store.", func(r rowsReadiness) float64 { return float64(r.OwingShards) })
	gauge("outcry_rows_owed_records", "Records that they are folded from, as far as known.", func(r rowsReadiness) float64 { return float64(r.OwedRecords) })
}
