package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// fetched tells the observer of what brokers gave.
type fetched struct{ config *Config }

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (h fetched) OnFetchBatchRead(broker kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	if f := h.config.Observer.Fetched; f != nil {
		f(broker.Rack != nil && h.config.Rack != "" && *broker.Rack == h.config.Rack, m.NumRecords, m.CompressedBytes)
	}
}
