package main

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// moveLeaders gives every partition of the house to the next of its replicas.
func moveLeaders(h *house) {
	h.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(h.kafka.Addresses()...))
	if err != nil {
		h.t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ctx, cancel := contextWithin(h.t, time.Minute)
	defer cancel()
	topics, err := admin.ListTopics(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	var order kadm.AlterPartitionAssignmentsReq
	moved := kadm.TopicsSet{}
	topics.EachPartition(func(p kadm.PartitionDetail) {
		if strings.HasPrefix(p.Topic, h.topics) {
			order.Assign(p.Topic, p.Partition, append(p.Replicas[1:len(p.Replicas):len(p.Replicas)], p.Replicas[0]))
			moved.Add(p.Topic, p.Partition)
		}
	})
	if len(moved) == 0 {
		h.t.Fatalf("no topic begins with %s", h.topics)
	}
	answers, err := admin.AlterPartitionAssignments(ctx, order)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, moved); err != nil {
		h.t.Fatal(err)
	}
}
