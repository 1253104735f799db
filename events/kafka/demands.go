package kafka

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"

	"outcry/events"
)

// demand is what a topic's setting has to be.
type demand struct {
	name   string
	create string // the value that we give
	holds  func(string) bool
	// why it matters; weak says that AcceptWeak takes it all the same.
	why  string
	weak bool
}

func equal(want string) func(string) bool { return func(s string) bool { return s == want } }

func atLeast(want int) func(string) bool {
	return func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= want
	}
}

// demands in the order in which they are told.
func demands() []demand {
	bytes := RecordBytesMax + recordRoom
	return []demand{
		{"cleanup.policy", "delete", equal("delete"), "compaction takes records out of the middle", false},
		{"max.message.bytes", strconv.Itoa(bytes), atLeast(bytes), "larger records would be refused", false},
		{"retention.ms", "-1", equal("-1"), "records that no checkpoint holds yet would be removed", true},
		{"retention.bytes", "-1", equal("-1"), "records that no checkpoint holds yet would be removed", true},
		{"min.insync.replicas", strconv.Itoa(minInsyncReplicas), atLeast(minInsyncReplicas), "what one broker alone has is lost with it", true},
		{"unclean.leader.election.enable", "false", equal("false"), "a broker that is behind may become the leader, and what was acknowledged is lost", true},
		{"message.timestamp.type", "CreateTime", equal("CreateTime"), "records would be dated by the brokers' clocks", true},
	}
}

const acceptWeak = "or accept it with --accept-weak"

// faults of the topics that are there, all of them.
func (f *found) faults(c *Config) (all []error) {
	for _, k := range events.Kinds() {
		if t := f.metadata.Topics[c.topicName(k)]; !slices.Contains(f.missing, k) {
			all = append(all, c.partitionFaults(&t)...)
			all = append(all, c.settingFaults(t.Topic, f.settings[t.Topic])...)
		}
	}
	return all
}

func (c *Config) partitionFaults(t *kadm.TopicDetail) (faults []error) {
	if n := len(t.Partitions); c.Partitions != 0 && n != c.Partitions {
		faults = append(faults, fmt.Errorf("topic %s has %d partitions and %d are wanted: take them with --partitions %d, or make a new log under another --kafka-prefix", t.Topic, n, c.Partitions, n))
	}
	if n := t.Partitions.NumReplicas(); n < defaultReplication && !c.AcceptWeak {
		faults = append(faults, fmt.Errorf("topic %s has %d replicas, fewer than %d: records are lost with too few brokers; add replicas (kafka-reassign-partitions.sh), %s", t.Topic, n, defaultReplication, acceptWeak))
	}
	return faults
}

func (c *Config) settingFaults(topic string, have map[string]string) (faults []error) {
	for _, d := range demands() {
		value, told := have[d.name]
		if d.holds(value) || d.weak && c.AcceptWeak {
			continue
		}
		if !told {
			value = "(not told)"
		}
		do := fmt.Sprintf("kafka-configs.sh --alter --topic %s --add-config %s=%s", topic, d.name, d.create)
		if d.weak {
			do += ", " + acceptWeak
		}
		faults = append(faults, fmt.Errorf("topic %s has %s=%s, not %s: %s; %s", topic, d.name, value, d.create, d.why, do))
	}
	return faults
}
