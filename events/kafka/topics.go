package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"outcry/events"
)

// topic is one kind's topic as it was found.
type topic struct {
	kind       events.Kind
	name       string
	id         kadm.TopicID
	partitions int
}

// cluster is what Open learns, and the watcher holds against the present.
type cluster struct {
	id     string
	topics []topic // in the order of events.Kinds
}

func (c *cluster) topic(k events.Kind) *topic { return &c.topics[k-1] }

// settings of topics that we create, but for those that depend on the number of replicas.
func (c *Config) settings(replication int) map[string]*string {
	all := map[string]*string{"min.insync.replicas": text(min(minInsyncReplicas, replication))}
	for _, s := range demands() {
		if s.name != "min.insync.replicas" {
			all[s.name] = &s.create
		}
	}
	return all
}

func text(n int) *string {
	s := strconv.Itoa(n)
	return &s
}

func (c *Config) topicName(k events.Kind) string { return c.Prefix + k.Topic() }

// found is what the cluster says about our topics.
type found struct {
	metadata kadm.Metadata
	settings map[string]map[string]string // by topic
	missing  []events.Kind
}

// look asks for the topics and their settings. A right that we lack is an error.
func (c *Config) look(ctx context.Context, admin *kadm.Client, write bool) (*found, error) {
	var names []string
	for _, k := range events.Kinds() {
		names = append(names, c.topicName(k))
	}
	m, err := describe(ctx, admin, names...)
	if err != nil {
		return nil, fmt.Errorf("asking for the topics: %w", advise(err))
	}
	f := &found{metadata: m, settings: map[string]map[string]string{}}
	var there []string
	var lacking []error
	for _, k := range events.Kinds() {
		name := c.topicName(k)
		switch err := m.Topics[name].Err; {
		case errors.Is(err, kerr.UnknownTopicOrPartition):
			f.missing = append(f.missing, k)
		case err != nil:
			return nil, fmt.Errorf("asking for the topic %s: %w", name, err)
		case m.Topics[name].ID == kadm.TopicID{}:
			return nil, errors.New("the brokers give topics no ids, by which a log is known: Kafka 2.8 or later is needed")
		default:
			there = append(there, name)
			lacking = append(lacking, lacks(m.Topics[name], rightsTo(write)...))
		}
	}
	if err := errors.Join(lacking...); err != nil {
		return nil, err
	}
	return f, f.ask(ctx, admin, there)
}

func (f *found) ask(ctx context.Context, admin *kadm.Client, topics []string) error {
	if len(topics) == 0 {
		return nil
	}
	answers, err := admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		return fmt.Errorf("asking for the topics' settings: %w", allow(advise(err), "DescribeConfigs", strings.Join(topics, ", ")))
	}
	for _, a := range answers {
		if a.Err != nil {
			return fmt.Errorf("asking for the settings of the topic %s: %w", a.Name, allow(a.Err, "DescribeConfigs", a.Name))
		}
		all := map[string]string{}
		for _, s := range a.Configs {
			all[s.Key] = s.MaybeValue()
		}
		f.settings[a.Name] = all
	}
	return nil
}

// prepare verifies what is there and creates what is missing: either
// all of it is as it has to be, or nothing was changed.
func (c *Config) prepare(ctx context.Context, admin *kadm.Client, create bool) (*cluster, error) {
	f, err := c.look(ctx, admin, create)
	if err != nil {
		return nil, err
	}
	faults := f.faults(c)
	if len(f.missing) > 0 {
		faults = append(faults, c.mayCreate(ctx, admin, f, create))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(f.missing) == 0 {
		return f.cluster(c), nil
	}
	if err := c.create(ctx, admin, f); err != nil {
		return nil, err
	}
	return c.await(ctx, admin)
}

// await lets created topics spread through the cluster.
func (c *Config) await(ctx context.Context, admin *kadm.Client) (*cluster, error) {
	for try := 1; ; try++ {
		f, err := c.look(ctx, admin, true)
		if err == nil {
			err = errors.Join(f.faults(c)...)
		}
		if err == nil && len(f.missing) == 0 {
			if err = f.led(c); err == nil {
				return f.cluster(c), nil
			}
		}
		if errors.Is(err, kerr.TopicAuthorizationFailed) {
			return nil, fmt.Errorf("the topics were created: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the topics that were created: %w", errors.Join(ctx.Err(), err))
		case <-time.After(backoff(try)):
		}
	}
}

// led says whether each partition has a leader.
func (f *found) led(c *Config) error {
	for _, k := range events.Kinds() {
		for _, p := range f.metadata.Topics[c.topicName(k)].Partitions {
			if p.Err != nil || p.Leader < 0 {
				return fmt.Errorf("%s/%d has no leader yet", c.topicName(k), p.Partition)
			}
		}
	}
	return nil
}

func (f *found) cluster(c *Config) *cluster {
	cl := &cluster{id: f.metadata.Cluster}
	for _, k := range events.Kinds() {
		t := f.metadata.Topics[c.topicName(k)]
		cl.topics = append(cl.topics, topic{kind: k, name: c.topicName(k), id: t.ID, partitions: len(t.Partitions)})
	}
	return cl
}
