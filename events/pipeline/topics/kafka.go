package topics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/IBM/sarama"

	"outcry/events/pipeline/poison"
)

// Topics is a connection to the brokers. Many goroutines may use it.
type Topics struct {
	config Config
	sarama *sarama.Config
	client sarama.Client
	poison string

	mu       sync.Mutex
	producer sarama.SyncProducer // made when first needed
}

// Open connects. It fails when no broker answers.
func Open(c Config) (*Topics, error) {
	if len(c.Brokers) == 0 {
		return nil, errors.New("connecting to Kafka: no brokers are named")
	}
	c = c.withDefaults()
	settings, err := c.sarama()
	if err != nil {
		return nil, err
	}
	client, err := sarama.NewClient(c.Brokers, settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to Kafka at %s: %w", strings.Join(c.Brokers, ","), err)
	}
	return &Topics{config: c, sarama: settings, client: client, poison: c.Prefix + poison.Topic}, nil
}

// Close ends the connection. Subscriptions have to be over.
func (t *Topics) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	if t.producer != nil {
		errs = append(errs, t.producer.Close())
	}
	errs = append(errs, t.client.Close())
	return errors.Join(errs...)
}

// Prepare makes raw topics that are not there, and the poison topic, or says
// what is wrong with that.
func (t *Topics) Prepare(raw []string) error {
	admin, err := sarama.NewClusterAdminFromClient(keepOpen{t.client})
	if err != nil {
		return fmt.Errorf("asking for the topics: %w", err)
	}
	defer admin.Close()
	var errs []error
	for _, name := range raw {
		errs = append(errs, create(admin, name, &sarama.TopicDetail{NumPartitions: -1, ReplicationFactor: -1}))
	}
	compact, retention := "compact,delete", strconv.FormatInt(t.config.PoisonRetention.Milliseconds(), 10)
	errs = append(errs, create(admin, t.poison, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: -1,
		ConfigEntries: map[string]*string{"cleanup.policy": &compact, "retention.ms": &retention}}))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return t.checkPoison()
}

// checkPoison: ids are offsets, so more than one partition would give two messages the same id.
func (t *Topics) checkPoison() error {
	if err := t.client.RefreshMetadata(t.poison); err != nil {
		return fmt.Errorf("looking at %s: %w", t.poison, err)
	}
	partitions, err := t.client.Partitions(t.poison)
	if err != nil {
		return fmt.Errorf("looking at %s: %w", t.poison, err)
	}
	if len(partitions) != 1 {
		return fmt.Errorf("topic %s has %d partitions; it must have one: delete it, and it is made again", t.poison, len(partitions))
	}
	return nil
}

func create(admin sarama.ClusterAdmin, name string, detail *sarama.TopicDetail) error {
	err := admin.CreateTopic(name, detail, false)
	if errors.Is(err, sarama.ErrTopicAlreadyExists) || err == nil {
		return nil
	}
	return fmt.Errorf("making the topic %s: %w; make it yourself or allow it to be made", name, err)
}

// keepOpen is a client that whoever borrows it cannot close.
type keepOpen struct{ sarama.Client }

func (keepOpen) Close() error { return nil }

// epochOf a topic is its id, which is another one when it was deleted and made again.
func (t *Topics) epochOf(topic string) (string, error) {
	broker := t.client.LeastLoadedBroker()
	if broker == nil {
		return "", fmt.Errorf("asking for the id of %s: no broker answers", topic)
	}
	if err := broker.Open(t.sarama); err != nil && !errors.Is(err, sarama.ErrAlreadyConnected) {
		return "", fmt.Errorf("asking for the id of %s: %w", topic, err)
	}
	answer, err := broker.GetMetadata(&sarama.MetadataRequest{Version: 10, Topics: []string{topic}})
	if err != nil {
		_ = broker.Close() // it may be half open; the next ask dials anew
		return "", fmt.Errorf("asking for the id of %s: %w", topic, err)
	}
	for _, m := range answer.Topics {
		if m.Name == topic && m.Err == sarama.ErrNoError {
			return m.Uuid.String(), nil
		}
	}
	return "", fmt.Errorf("asking for the id of %s: there is no such topic", topic)
}

// send makes messages durable.
func (t *Topics) send(messages []*sarama.ProducerMessage) error {
	p, err := t.sender()
	if err != nil {
		return err
	}
	return p.SendMessages(messages)
}

func (t *Topics) sender() (sarama.SyncProducer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.producer != nil {
		return t.producer, nil
	}
	p, err := sarama.NewSyncProducer(t.config.Brokers, t.sarama)
	if err != nil {
		return nil, fmt.Errorf("connecting a producer: %w", err)
	}
	t.producer = p
	return p, nil
}

// oldestAndNext of a partition.
func (t *Topics) oldestAndNext(topic string, partition int32) (oldest, next int64, err error) {
	if oldest, err = t.client.GetOffset(topic, partition, sarama.OffsetOldest); err == nil {
		next, err = t.client.GetOffset(topic, partition, sarama.OffsetNewest)
	}
	if err != nil {
		err = fmt.Errorf("asking for the offsets of %s/%d: %w", topic, partition, err)
	}
	return oldest, next, err
}
