package kafka

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"outcry/events"
)

// remaining gives what of a failed call can be sent again: all that failed,
// unless that would put a record after one that came later, or the error
// would come again. Nothing can be said after a timeout, since the producer
// still has it all.
func remaining(sent []*sarama.ProducerMessage, err error) (rest []*sarama.ProducerMessage, again bool) {
	var failed sarama.ProducerErrors
	if !errors.As(err, &failed) {
		return nil, false
	}
	bad := make(map[*sarama.ProducerMessage]bool, len(failed))
	for _, f := range failed {
		if !passes(f.Err) {
			return nil, false
		}
		bad[f.Msg] = true
	}
	behind := map[int32]bool{} // partitions in which something failed
	for _, m := range sent {
		switch {
		case bad[m]:
			behind[m.Partition] = true
			rest = append(rest, m)
		case behind[m.Partition]:
			return nil, false
		}
	}
	return rest, true
}

// passes says whether an error may be over at the next try.
func passes(err error) bool {
	var (
		config   sarama.ConfigurationError
		encoding sarama.PacketEncodingError
	)
	if errors.As(err, &config) || errors.As(err, &encoding) {
		return false
	}
	for _, final := range []error{sarama.ErrMessageSizeTooLarge, sarama.ErrInvalidRecord, sarama.ErrPolicyViolation,
		sarama.ErrUnsupportedVersion, sarama.ErrUnsupportedForMessageFormat, sarama.ErrShuttingDown, sarama.ErrClosedClient} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// explain makes one error of those of many records, with what to do about it.
func explain(err error) error {
	var failed sarama.ProducerErrors
	if errors.As(err, &failed) && len(failed) > 0 {
		err = fmt.Errorf("%d records failed, the first (partition %d): %w", len(failed), failed[0].Msg.Partition, failed[0].Err)
	}
	switch {
	case errors.Is(err, sarama.ErrTopicAuthorizationFailed):
		return &advice{err, "allow our user Write on the log's topics"}
	case errors.Is(err, sarama.ErrClusterAuthorizationFailed):
		return &advice{err, "allow our user Write on the log's topics, or IdempotentWrite on the cluster"}
	case errors.Is(err, sarama.ErrSASLAuthenticationFailed):
		return &advice{err, "check user, password and mechanism (--kafka-user, --kafka-sasl)"}
	}
	return err
}

// floors are the highest offsets that were given before the call, by partition.
func (s *sender) floors(kind events.Kind, sent []*sarama.ProducerMessage) map[int32]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[int32]int64{}
	for _, m := range sent {
		all[m.Partition] = s.acked[kind-1][m.Partition]
	}
	return all
}

// settle sets the positions. A place that was given before says that the
// record which had it is gone.
func (s *sender) settle(kind events.Kind, messages []*message.Message, sent []*sarama.ProducerMessage, floors map[int32]int64) error {
	for _, m := range sent {
		at := events.Position{Kind: kind, Partition: m.Partition, Offset: m.Offset}
		if m.Offset < 0 {
			return fmt.Errorf("a broker has a record of %s/%d and does not say where", kind, m.Partition)
		}
		if floor := floors[m.Partition]; m.Offset <= floor {
			err := s.log.cause(fmt.Errorf("%w: %s was given again after offset %d was", ErrTruncated, at, floor))
			s.log.fail(err)
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	acked := s.acked[kind-1]
	for i, m := range sent {
		at := events.Position{Kind: kind, Partition: m.Partition, Offset: m.Offset}
		events.SetPosition(messages[i], at, checksum(messages[i].Payload))
		acked[m.Partition] = max(acked[m.Partition], m.Offset)
	}
	return nil
}
