package kafka

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
	wkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
)

// How long the producer waits for a broker, and between its own tries.
const (
	ackTimeout       = 5 * time.Second
	netTimeout       = 10 * time.Second
	producerPause    = 100 * time.Millisecond
	producerPauseMax = time.Second
)

// The producer sends the first record that it gets at once, and a broker gets
// a group of 64 partitions in three requests: 11.2 ms and 36 µs of our CPU a
// record (three brokers, the two cores of this machine, median). Where records
// wait 1 ms for each other it is 5.4 ms and 16 µs; but a record alone then
// takes 1.8 ms and not 0.7. So there are two producers, and a call of few
// records goes through the one that does not wait.
const (
	gatherFor    = time.Millisecond
	fewAndAtOnce = 4
)

// producer is Watermill's publisher for Kafka. Its Publish would send one
// message after the other, 13,000 a second at most; the hook that it has for
// tracing hands out the producer inside, which takes many at once.
type producer struct {
	*wkafka.Publisher
	sarama.SyncProducer
}

// Close closes the publisher and with it the producer inside.
func (p *producer) Close() error { return p.Publisher.Close() }

// hook catches the producer.
type hook struct{ inner sarama.SyncProducer }

func (h *hook) WrapSyncProducer(_ *sarama.Config, p sarama.SyncProducer) sarama.SyncProducer {
	h.inner = p
	return p
}
func (*hook) WrapConsumer(c sarama.Consumer) sarama.Consumer                            { return c }
func (*hook) WrapPartitionConsumer(c sarama.PartitionConsumer) sarama.PartitionConsumer { return c }
func (*hook) WrapConsumerGroupHandler(h sarama.ConsumerGroupHandler) sarama.ConsumerGroupHandler {
	return h
}

func newProducer(s *sarama.Config, brokers []string) (*producer, error) {
	h := &hook{}
	p, err := wkafka.NewPublisher(wkafka.PublisherConfig{Brokers: brokers, OverwriteSaramaConfig: s, Tracer: h}, nil)
	if err != nil {
		return nil, fmt.Errorf("connecting the producer: %w", err)
	}
	return &producer{p, h.inner}, nil
}

// sarama gives the producer's settings. Idempotence with one request in
// flight makes sarama's own tries harmless: brokers know what they have. So
// it is sarama that tries for as long as Publish may take. retrying is told
// of each try. gather is how long records wait for others of their broker.
func (c *Config) sarama(gather time.Duration, retrying func()) (*sarama.Config, error) {
	s := sarama.NewConfig()
	s.ClientID = "outcry"
	s.Version = sarama.V3_6_0_0
	s.Net.DialTimeout, s.Net.ReadTimeout, s.Net.WriteTimeout = dialTimeout, netTimeout, netTimeout
	s.Net.MaxOpenRequests = 1
	s.Producer.RequiredAcks = sarama.WaitForAll
	s.Producer.Idempotent = true
	s.Producer.Timeout = ackTimeout
	s.Producer.Flush.Frequency = gather
	s.Producer.Return.Successes, s.Producer.Return.Errors = true, true
	s.Producer.Partitioner = sarama.NewManualPartitioner
	s.Producer.MaxMessageBytes = RecordBytesMax + recordRoom
	s.Producer.Retry.Max = int(c.PublishTimeout/producerPauseMax) + 8
	s.Producer.Retry.BackoffFunc = func(retries, _ int) time.Duration {
		retrying()
		return min(producerPause<<min(max(retries-1, 0), 5), producerPauseMax)
	}
	// With no broker left the producer looks for one as long as Publish may take.
	s.Metadata.Timeout = c.PublishTimeout
	s.Metadata.Retry.Max = int(c.PublishTimeout / producerPause)
	s.Metadata.Retry.BackoffFunc = func(int, int) time.Duration {
		return 2 * producerPause
	}
	s.Metadata.AllowAutoTopicCreation = false
	s.Metadata.Full = false
	if err := c.Secure(s); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("setting up the producer: %w", err)
	}
	return s, nil
}
