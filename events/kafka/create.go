package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"outcry/events"
)

// ErrMissing marks a log that is not there, or a part of it.
var ErrMissing = errors.New("the log's topics are not there")

// mayCreate says what speaks against creating the missing topics.
func (c *Config) mayCreate(ctx context.Context, admin *kadm.Client, f *found, create bool) error {
	if !create {
		return fmt.Errorf("%w: %s", ErrMissing, c.names(f.missing))
	}
	if brokers := len(f.metadata.Brokers); brokers < c.Replication && !c.AcceptWeak {
		return fmt.Errorf("the cluster has %d brokers, and topics of %d replicas are to be created: start more, %s", brokers, c.Replication, acceptWeak)
	}
	for _, k := range events.Kinds() {
		if err := c.unused(ctx, admin, f, k); err != nil {
			return err
		}
	}
	return nil
}

// unused refuses to make half a log new beside the other half: the records of
// what was removed are gone, and whoever removed it may not know that.
func (c *Config) unused(ctx context.Context, admin *kadm.Client, f *found, k events.Kind) error {
	name := c.topicName(k)
	if f.metadata.Topics[name].Err != nil {
		return nil
	}
	ends, err := admin.ListEndOffsets(ctx, name)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("asking for the end of %s: %w", name, err)
	}
	for _, end := range ends.Offsets()[name] {
		if end.At > 0 {
			return fmt.Errorf("topic %s has records and %s is missing: if it was removed the log is gone; remove %s too to begin a new one", name, c.names(f.missing), name)
		}
	}
	return nil
}

func (c *Config) names(kinds []events.Kind) (s string) {
	for i, k := range kinds {
		if i > 0 {
			s += ", "
		}
		s += c.topicName(k)
	}
	return s
}

// create makes the missing topics in one request that was tried before.
func (c *Config) create(ctx context.Context, admin *kadm.Client, f *found) error {
	replication := min(c.Replication, len(f.metadata.Brokers))
	partitions := c.Partitions
	if partitions == 0 {
		partitions = defaultPartitions
	}
	var names []string
	for _, k := range f.missing {
		names = append(names, c.topicName(k))
	}
	for _, do := range []func(context.Context, int32, int16, map[string]*string, ...string) (kadm.CreateTopicResponses, error){
		admin.ValidateCreateTopics, admin.CreateTopics,
	} {
		answers, err := do(ctx, int32(partitions), int16(replication), c.settings(replication), names...)
		if err != nil {
			return fmt.Errorf("creating topics: %w", advise(err))
		}
		if err := refused(answers); err != nil {
			return err
		}
	}
	c.Logger.Info("created the log's topics", "topics", names, "partitions", partitions, "replication", replication)
	return nil
}

// refused joins what speaks against topics. One that another node just created is as good as ours.
func refused(answers kadm.CreateTopicResponses) error {
	var faults []error
	for _, a := range answers.Sorted() {
		if a.Err == nil || errors.Is(a.Err, kerr.TopicAlreadyExists) {
			continue
		}
		err := allow(a.Err, "Create", a.Topic)
		if a.ErrMessage != "" {
			err = fmt.Errorf("%w (%s)", err, a.ErrMessage)
		}
		faults = append(faults, fmt.Errorf("creating the topic %s: %w", a.Topic, err))
	}
	return errors.Join(faults...)
}
