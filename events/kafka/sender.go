package kafka

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// overdueMax bounds the calls that gave up waiting while the producer has
// their records still.
const overdueMax = 16

// sender makes records durable.
type sender struct {
	log     *Log
	prompt  *producer
	gathers *producer
	overdue chan struct{} // a place for each call that may be overdue
	calls   sync.WaitGroup

	mu    sync.Mutex
	acked [2][]int64 // by kind and partition: the highest offset that was given
}

func (l *Log) newSender() (*sender, error) {
	s := &sender{log: l, overdue: make(chan struct{}, overdueMax)}
	for i, t := range l.cluster.topics {
		s.acked[i] = make([]int64, t.partitions)
		for p := range s.acked[i] {
			s.acked[i][p] = -1
		}
	}
	var err error
	if s.prompt, err = s.producer(0); err != nil {
		return nil, err
	}
	if s.gathers, err = s.producer(gatherFor); err != nil {
		return nil, errors.Join(err, s.prompt.Close())
	}
	return s, nil
}

func (s *sender) producer(gather time.Duration) (*producer, error) {
	settings, err := s.log.config.sarama(gather, s.retrying)
	if err != nil {
		return nil, err
	}
	p, err := newProducer(settings, s.log.config.Brokers)
	if err != nil {
		return nil, explain(err)
	}
	return p, nil
}

var errRetrying = errors.New("the brokers do not take records")

// retrying is called by the producer before it tries again by itself.
func (s *sender) retrying() {
	s.log.state.setPublishing(errRetrying)
	if f := s.log.config.Observer.Retried; f != nil {
		f(0, errRetrying)
	}
}

// Publish makes messages of events.NewMessage durable and sets their
// positions. A payload has at most RecordBytesMax bytes. Messages of one call
// keep their order within a partition. It waits while brokers are away, up to
// Config.PublishTimeout. After an error some of them may be durable, or become so.
func (l *Log) Publish(topic string, messages ...*message.Message) error {
	if l.sender == nil {
		return fmt.Errorf("publishing to %s: %w", topic, ErrReadOnly)
	}
	kind, ok := events.KindOf(topic)
	if !ok || kind.Topic() != topic {
		return fmt.Errorf("publishing to %q: there is no such topic", topic)
	}
	for _, m := range messages {
		if err := l.acceptable(kind, m); err != nil {
			return fmt.Errorf("publishing to %s: %w", topic, err)
		}
	}
	if err := l.enter(&l.sender.calls); err != nil {
		return fmt.Errorf("publishing to %s: %w", topic, err)
	}
	defer l.sender.calls.Done()
	if len(messages) == 0 {
		return nil
	}
	if err := l.sender.publish(kind, messages); err != nil {
		return fmt.Errorf("publishing to %s: %w", topic, err)
	}
	return nil
}

func (l *Log) acceptable(kind events.Kind, m *message.Message) error {
	p := events.PositionOf(m)
	if p.Kind != kind {
		return fmt.Errorf("the message is for topic %s", p.Kind.Topic())
	}
	if _, err := l.find(p.Kind, p.Partition); err != nil {
		return err
	}
	if len(m.Payload) > RecordBytesMax {
		return fmt.Errorf("a record of %d bytes for %s/%d, at most %d are allowed", len(m.Payload), p.Kind, p.Partition, RecordBytesMax)
	}
	return nil
}

// publish tries until the records are durable, the time is over, or the error
// is one that no try helps against.
func (s *sender) publish(kind events.Kind, messages []*message.Message) error {
	began := time.Now()
	deadline := began.Add(s.log.config.PublishTimeout)
	sent, bytes := s.wrap(kind, messages)
	floors := s.floors(kind, sent)
	rest := sent
	for try := 1; ; try++ {
		err := s.send(rest, time.Until(deadline))
		if err == nil {
			break
		}
		var again bool
		if rest, again = remaining(rest, err); !again {
			return explain(err)
		}
		if err := s.pause(try, deadline, len(rest), explain(err)); err != nil {
			return err
		}
	}
	s.log.state.setPublishing(nil)
	if err := s.settle(kind, messages, sent, floors); err != nil {
		return err
	}
	if f := s.log.config.Observer.Published; f != nil {
		f(len(messages), bytes, time.Since(began))
	}
	return nil
}

// pause waits before the next try; an error says that there is none.
func (s *sender) pause(try int, deadline time.Time, records int, err error) error {
	s.log.state.setPublishing(err)
	if f := s.log.config.Observer.Retried; f != nil {
		f(records, err)
	}
	wait := backoff(try)
	if time.Until(deadline) <= wait {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.log.end.done:
		return errors.Join(s.log.Err(), err)
	}
}

// wrap makes the producer's messages, in the same order. Offset -1 stays
// where a broker does not say where a record is.
func (s *sender) wrap(kind events.Kind, messages []*message.Message) (all []*sarama.ProducerMessage, bytes int) {
	name := s.log.cluster.topic(kind).name
	block := make([]sarama.ProducerMessage, len(messages))
	all = make([]*sarama.ProducerMessage, len(messages))
	for i, m := range messages {
		block[i] = sarama.ProducerMessage{Topic: name, Partition: events.PositionOf(m).Partition, Value: sarama.ByteEncoder(m.Payload), Offset: -1}
		all[i] = &block[i]
		bytes += len(m.Payload)
	}
	return all, bytes
}

// send hands records to the producer and waits for it, but not longer than
// for d: then the call goes on alone, for a bounded number of calls.
func (s *sender) send(all []*sarama.ProducerMessage, d time.Duration) error {
	select {
	case s.overdue <- struct{}{}:
	case <-time.After(d):
		return ErrTimeout
	}
	p := s.gathers
	if len(all) <= fewAndAtOnce {
		p = s.prompt
	}
	done := make(chan error, 1)
	go func() {
		done <- p.SendMessages(all)
		<-s.overdue
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
		return ErrTimeout
	}
}

// close waits for what is under way.
func (s *sender) close() error {
	s.calls.Wait()
	for range overdueMax {
		s.overdue <- struct{}{}
	}
	if err := errors.Join(s.prompt.Close(), s.gathers.Close()); err != nil {
		return fmt.Errorf("closing the producers: %w", err)
	}
	return nil
}
