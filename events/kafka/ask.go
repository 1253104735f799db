package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"outcry/events"
	"outcry/internal/digest"
)

func checksum(payload []byte) uint64 { return digest.Checksum(payload) }

// value is what a record says to us: nothing, where it is Kafka's own mark of
// the end of somebody's transaction.
func value(r *kgo.Record) []byte {
	if r.Attrs.IsControl() {
		return nil
	}
	return r.Value
}

// describe asks the brokers how topics stand now, and what we may do with them.
// Without the latter the client would answer from a memory that may be 5 s old:
// with a leader that moved, or a topic that was made again.
func describe(ctx context.Context, admin *kadm.Client, topics ...string) (kadm.Metadata, error) {
	m, err := admin.Metadata(kadm.WithAuthorizedOps(ctx), topics...)
	return m, allow(err, "DescribeConfigs, Read and Write", strings.Join(topics, ", "))
}

// The offsets that ListOffsets knows by name.
const (
	newest = -1
	oldest = -2
)

// bounds asks for both ends of a partition.
func (l *Log) bounds(ctx context.Context, t *topic, partition int32) (first, next int64, err error) {
	if first, err = l.list(ctx, t, partition, oldest); err != nil {
		return 0, 0, err
	}
	next, err = l.list(ctx, t, partition, newest)
	return first, next, err
}

func (l *Log) list(ctx context.Context, t *topic, partition int32, which int64) (int64, error) {
	r := kmsg.NewPtrListOffsetsRequest()
	r.ReplicaID = -1
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = partition, which
	r.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: t.name, Partitions: []kmsg.ListOffsetsRequestTopicPartition{p}}}
	for try := 1; ; try++ {
		offset, err := l.listOnce(ctx, r)
		if err == nil || !kerr.IsRetriable(err) {
			return offset, err
		}
		if !pause(ctx, backoff(try)) {
			return 0, err
		}
	}
}

func (l *Log) listOnce(ctx context.Context, r *kmsg.ListOffsetsRequest) (int64, error) {
	answer, err := r.RequestWith(ctx, l.client)
	if err != nil {
		return 0, err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return 0, errors.New("the broker's answer is not about the partition")
	}
	p := &answer.Topics[0].Partitions[0]
	return p.Offset, kerr.ErrorForCode(p.ErrorCode)
}

// pause waits for d, or says that ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// read reads the one record at p.
func (l *Log) read(ctx context.Context, p events.Position) (*kgo.Record, error) {
	t, err := l.find(p.Kind, p.Partition)
	if err != nil {
		return nil, err
	}
	first, next, err := l.bounds(ctx, t, p.Partition)
	if err != nil {
		return nil, err
	}
	if err := wrongStart(p, first, next); err != nil {
		return nil, err
	}
	if p.Offset == next {
		return nil, ErrAhead
	}
	for try := 1; ; try++ {
		record, err := l.readOnce(ctx, t, p)
		if err == nil || !kerr.IsRetriable(err) {
			return record, err
		}
		if !pause(ctx, backoff(try)) {
			return nil, err
		}
	}
}

// readOnce asks the leader for the batch that holds the record.
func (l *Log) readOnce(ctx context.Context, t *topic, p events.Position) (*kgo.Record, error) {
	m, err := describe(ctx, l.admin, t.name)
	if err != nil {
		return nil, err
	}
	leader := m.Topics[t.name].Partitions[p.Partition].Leader
	answer, err := l.client.Broker(int(leader)).RetriableRequest(ctx, fetchOf(t, p))
	if err != nil {
		return nil, err
	}
	r := answer.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
		return nil, err
	}
	if len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 1 {
		return nil, errors.New("the broker's answer is not about the partition")
	}
	o := kgo.ProcessFetchPartitionOpts{Topic: t.name, Partition: p.Partition, Offset: p.Offset, KeepControlRecords: true}
	got, _ := kgo.ProcessFetchPartition(o, &r.Topics[0].Partitions[0], kgo.DefaultDecompressor(), nil)
	if got.Err != nil {
		return nil, got.Err
	}
	if len(got.Records) == 0 || got.Records[0].Offset != p.Offset {
		return nil, fmt.Errorf("there is no record: %w", ErrGone)
	}
	return got.Records[0], nil
}

func fetchOf(t *topic, p events.Position) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MaxWaitMillis, r.MinBytes, r.MaxBytes, r.SessionEpoch = -1, 0, 1, 1, -1 // a batch comes whole, whatever its size
	fp := kmsg.NewFetchRequestTopicPartition()
	fp.Partition, fp.FetchOffset, fp.PartitionMaxBytes = p.Partition, p.Offset, 1
	r.Topics = []kmsg.FetchRequestTopic{{Topic: t.name, TopicID: t.id, Partitions: []kmsg.FetchRequestTopicPartition{fp}}}
	return r
}
