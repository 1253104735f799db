package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"outcry/events/pipeline"
)

// pipelines makes their observer. It is asked for again when they are started again.
func (m *metrics) pipelines() pipeline.Observer {
	m.pipelinesOnce.Do(m.registerPipelines)
	return pipeline.Observer{
		Settled: func(name string, s pipeline.Settled) {
			for outcome, n := range map[string]int{"out": s.Out, "filtered": s.Filtered, "duplicate": s.Duplicates, "poison": s.Poisoned} {
				m.pipelineMessages.WithLabelValues(name, outcome).Add(float64(n))
			}
			m.pipelineLate.WithLabelValues(name).Add(float64(s.Late))
			m.pipelineLag.WithLabelValues(name).Set(s.Lag.Seconds())
			m.pipelineSeconds.WithLabelValues(name).Observe(s.Took.Seconds())
		},
		Failed: func(name string, _ error) { m.pipelineFailed.WithLabelValues(name).Inc() },
	}
}

func (m *metrics) registerPipelines() {
	label := []string{"pipeline"}
	m.pipelineMessages = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outcry_pipeline_messages_total",
		Help: "Raw messages that are settled, by what became of them; together they are all that came in."}, []string{"pipeline", "outcome"})
	m.pipelineLate = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outcry_pipeline_late_messages_total",
		Help: "Duplicates that came too late to tell whether they are new."}, label)
	m.pipelineFailed = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "outcry_pipeline_failed_tries_total",
		Help: "Batches that could not be settled and are tried again."}, label)
	m.pipelineLag = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "outcry_pipeline_lag_seconds",
		Help: "Age of the newest message of the batch that was settled last."}, label)
	m.pipelineSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "outcry_pipeline_batch_seconds",
		Help: "Time of one batch, from its arrival until it is in the log.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, label)
	m.registry.MustRegister(m.pipelineMessages, m.pipelineLate, m.pipelineFailed, m.pipelineLag, m.pipelineSeconds)
}
