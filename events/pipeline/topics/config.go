package topics

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"
)

// Config of a connection.
type Config struct {
	// Brokers are HOST:PORT of some.
	Brokers []string
	// Configure sets encryption and sign-in, as kafka.Config.Secure does; nil: neither.
	Configure func(*sarama.Config) error
	// Prefix stands before the name of the poison topic, and of consumer groups.
	Prefix string
	// Instance names this node among the members of the groups, so that it gets
	// its partitions back at once when it starts again, killed or not; empty: it
	// waits until the brokers miss the old process, for 6 s. No two nodes may share one.
	Instance string
	// BatchMessages and BatchBytes bound a batch; default 1,000 and 1 MiB. A
	// larger batch costs less per message and more time for each.
	BatchMessages, BatchBytes int
	// ResendAfter is how long a batch that was not acknowledged waits; default 1 s.
	ResendAfter time.Duration
	// PoisonRetention is how long poison is kept where the topic is made; default 30 days.
	PoisonRetention time.Duration
	Logger          *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.BatchMessages <= 0 {
		c.BatchMessages = 1000
	}
	if c.BatchBytes <= 0 {
		c.BatchBytes = 1 << 20
	}
	if c.ResendAfter <= 0 {
		c.ResendAfter = time.Second
	}
	if c.PoisonRetention <= 0 {
		c.PoisonRetention = 30 * 24 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// sarama gives the settings of a client.
func (c *Config) sarama() (*sarama.Config, error) {
	s := sarama.NewConfig()
	s.ClientID = "outcry-pipeline"
	s.Version = sarama.V3_6_0_0
	s.Net.DialTimeout = 5 * time.Second
	s.Metadata.Retry.Max, s.Metadata.Retry.Backoff = 3, 250*time.Millisecond
	s.Consumer.Offsets.Initial = sarama.OffsetOldest // a producer may have begun before us
	s.Consumer.Offsets.AutoCommit.Interval = time.Second
	s.Consumer.Return.Errors = true
	s.Consumer.IsolationLevel = sarama.ReadCommitted // what a producer took back never happened
	s.Consumer.MaxWaitTime = 100 * time.Millisecond  // of an idle fetch; a busy one returns at once
	s.Consumer.Group.InstanceId = c.Instance
	s.Consumer.Group.Session.Timeout, s.Consumer.Group.Heartbeat.Interval = 6*time.Second, 2*time.Second
	s.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategySticky()}
	s.ChannelBufferSize = c.BatchMessages
	s.Producer.RequiredAcks = sarama.WaitForAll
	s.Producer.Idempotent, s.Net.MaxOpenRequests = true, 1
	s.Producer.Partitioner = sarama.NewManualPartitioner
	s.Producer.Return.Successes, s.Producer.Return.Errors = true, true
	s.Producer.Retry.Max, s.Producer.Retry.Backoff = 10, 100*time.Millisecond
	if c.Configure != nil {
		if err := c.Configure(s); err != nil {
			return nil, fmt.Errorf("configuring the connection: %w", err)
		}
	}
	return s, s.Validate()
}
