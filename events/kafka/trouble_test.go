package kafka_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"outcry/events"
	"outcry/events/kafka"
)

// changes gives a config that tells when publishing or reading change for worse or better.
func changes(c *kafka.Config) (publishing, reading chan error) {
	publishing, reading = make(chan error, 100), make(chan error, 100)
	c.Observer.Publishing = func(err error) { publishing <- err }
	c.Observer.Reading = func(err error) { reading <- err }
	return publishing, reading
}

func next(t *testing.T, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("no change was told in 30 s")
		return nil
	}
}

// answerProduce has the first n produce requests answered with an error.
func answerProduce(cluster *kfake.Cluster, n int, code int16) {
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if n == 0 {
			return nil, nil, false
		}
		n--
		cluster.KeepControl()
		request := r.(*kmsg.ProduceRequest)
		answer := request.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range request.Topics {
			t := kmsg.ProduceResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
			for _, p := range topic.Partitions {
				a := kmsg.NewProduceResponseTopicPartition()
				a.Partition, a.ErrorCode, a.BaseOffset = p.Partition, code, -1
				t.Partitions = append(t.Partitions, a)
			}
			answer.Topics = append(answer.Topics, t)
		}
		return answer, nil, true
	})
}

// Breaks for users: a broker's restart would look like a failure to whoever just sent something.
func TestTroubleThatPassesIsNotSeenByPublishers(t *testing.T) {
	for _, trouble := range []*kerr.Error{kerr.NotEnoughReplicas, kerr.NotLeaderForPartition, kerr.TopicAuthorizationFailed, kerr.RequestTimedOut} {
		t.Run(trouble.Message, func(t *testing.T) {
			cluster := fake(t)
			c := small(cluster)
			publishing, _ := changes(&c)
			log := mustOpen(t, c)
			answerProduce(cluster, 3, trouble.Code)
			if p := mustPublish(t, log, events.Room, 1, "x"); p != at(events.Room, 1, 0) {
				t.Errorf("it stands at %s", p)
			}
			if err := next(t, publishing); err == nil {
				t.Error("the first change was for the better")
			}
			if err := next(t, publishing); err != nil {
				t.Errorf("it is durable, and still there is trouble: %v", err)
			}
			if len(publishing) > 0 {
				t.Error("each try was told, not only the changes")
			}
			if p, r := log.State(); p != nil || r != nil {
				t.Errorf("state after the trouble: %v, %v", p, r)
			}
		})
	}
}

// Breaks for users: they would wait for ever for an answer.
func TestPublishGivesUpInTime(t *testing.T) {
	cluster := fake(t)
	c := small(cluster)
	c.PublishTimeout = 2 * time.Second
	log := mustOpen(t, c)
	answerProduce(cluster, 1e6, kerr.TopicAuthorizationFailed.Code)
	began := time.Now()
	_, err := publish(log, events.Room, 0, "x")
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %s", took)
	}
	if !errors.Is(err, kafka.ErrTimeout) || !strings.Contains(err.Error(), "allow our user Write") {
		t.Errorf("the error: %v", err)
	}
	if err := log.Err(); err != nil {
		t.Errorf("lost rights ended the log: %v", err)
	}
	cluster.DropControl()
}

// Breaks for users: a reader would stand still after somebody's rights were mended.
func TestReadersGoOnWhenTheyMayReadAgain(t *testing.T) {
	cluster := fake(t)
	c := small(cluster)
	_, reading := changes(&c)
	log := mustOpen(t, c)
	tries := 0
	cluster.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		request := r.(*kmsg.FetchRequest)
		if tries == 2 || len(request.Topics) == 0 {
			return nil, nil, false
		}
		tries++
		cluster.KeepControl()
		return refuseFetch(request, kerr.TopicAuthorizationFailed.Code), nil, true
	})
	messages := subscribe(t, log, at(events.Room, 0, 0))
	err := next(t, reading)
	if err == nil || !strings.Contains(err.Error(), "allow our user Read") {
		t.Errorf("the trouble: %v", err)
	}
	mustPublish(t, log, events.Room, 0, "x")
	if m := take(t, messages); string(m.Payload) != "x" {
		t.Errorf("it reads %q", m.Payload)
	}
	if err := next(t, reading); err != nil {
		t.Errorf("it reads again, and still there is trouble: %v", err)
	}
}

func refuseFetch(request *kmsg.FetchRequest, code int16) *kmsg.FetchResponse {
	answer := request.ResponseKind().(*kmsg.FetchResponse)
	for _, topic := range request.Topics {
		t := kmsg.FetchResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
		for _, p := range topic.Partitions {
			a := kmsg.NewFetchResponseTopicPartition()
			a.Partition, a.ErrorCode = p.Partition, code
			t.Partitions = append(t.Partitions, a)
		}
		answer.Topics = append(answer.Topics, t)
	}
	return answer
}

// Breaks for users: quotes would stop when a leader moves.
func TestLeadersMoveUnderLoadAndNothingIsLost(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	messages := subscribe(t, log, at(events.Room, 0, 0))
	const n = 300
	published := make(chan error, 1)
	go func() {
		for i := range n {
			if i%50 == 25 {
				if err := cluster.MoveTopicPartition("outcry.room", 0, (cluster.LeaderFor("outcry.room", 0)+1)%3); err != nil {
					published <- err
					return
				}
			}
			if _, err := publish(log, events.Room, 0, "x"); err != nil {
				published <- err
				return
			}
		}
		published <- nil
	}()
	for i := range int64(n) {
		m := take(t, messages)
		if p := events.PositionOf(m); p != at(events.Room, 0, i) {
			t.Fatalf("record %d stands at %s", i, p)
		}
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
}

// Breaks for users: a shard would fold another past as if it were the same.
func TestATopicMadeAgainEndsTheLog(t *testing.T) {
	cluster := fake(t)
	c := small(cluster)
	failed := make(chan error, 1)
	c.Observer.Failed = func(err error) { failed <- err }
	log := mustOpen(t, c)
	mustPublish(t, log, events.Room, 0, "x")
	messages := subscribe(t, log, at(events.Room, 0, 1))
	if err := cluster.DeleteTopic("outcry.room"); err != nil {
		t.Fatal(err)
	}
	if err := cluster.CreateTopic("outcry.room", 2, nil); err != nil {
		t.Fatal(err)
	}
	ended(t, messages)
	if err := next(t, failed); !errors.Is(err, kafka.ErrReplaced) || !strings.Contains(err.Error(), "removed and made again") {
		t.Errorf("it ended with: %v", err)
	}
	if _, err := publish(log, events.Room, 0, "y"); !errors.Is(err, kafka.ErrReplaced) {
		t.Errorf("publishing after that: %v", err)
	}
}

// Breaks for users: a reader would wait for ever at a place that the log does not have.
func TestALogThatLostItsEndEndsWithThatError(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	for range 5 {
		mustPublish(t, log, events.Room, 0, "x")
	}
	messages := subscribe(t, log, at(events.Room, 0, 3))
	take(t, messages)
	take(t, messages)
	cluster.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl() // the log ends at 2 from now on
		request := r.(*kmsg.ListOffsetsRequest)
		answer := request.ResponseKind().(*kmsg.ListOffsetsResponse)
		p := kmsg.NewListOffsetsResponseTopicPartition()
		if request.Topics[0].Partitions[0].Timestamp == -1 {
			p.Offset = 2
		} else {
			p.Offset = 0
		}
		p.Partition = request.Topics[0].Partitions[0].Partition
		answer.Topics = []kmsg.ListOffsetsResponseTopic{{Topic: request.Topics[0].Topic, Partitions: []kmsg.ListOffsetsResponseTopicPartition{p}}}
		return answer, nil, true
	})
	cluster.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		return refuseFetch(r.(*kmsg.FetchRequest), kerr.OffsetOutOfRange.Code), nil, len(r.(*kmsg.FetchRequest).Topics) > 0
	})
	// Have the fetch session begin anew, so that the reader asks with its offset.
	if err := cluster.MoveTopicPartition("outcry.room", 0, (cluster.LeaderFor("outcry.room", 0)+1)%3); err != nil {
		t.Fatal(err)
	}
	ended(t, messages)
	if err := log.Err(); !errors.Is(err, kafka.ErrTruncated) || !strings.Contains(err.Error(), "room/0@5") {
		t.Errorf("the log says: %v", err)
	}
	cluster.DropControl()
}

// Breaks for users: after an unclean election a shard would go on in a past that it did not fold.
func TestAPastThatDivergedEndsTheLog(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	for range 5 {
		mustPublish(t, log, events.Room, 0, "x")
	}
	messages := subscribe(t, log, at(events.Room, 0, 3))
	take(t, messages)
	take(t, messages)
	cluster.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		request := r.(*kmsg.OffsetForLeaderEpochRequest)
		asked := request.Topics[0].Partitions[0]
		answer := request.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
		p.Partition, p.LeaderEpoch, p.EndOffset = asked.Partition, asked.LeaderEpoch, 2
		answer.Topics = []kmsg.OffsetForLeaderEpochResponseTopic{{Topic: request.Topics[0].Topic, Partitions: []kmsg.OffsetForLeaderEpochResponseTopicPartition{p}}}
		return answer, nil, true
	})
	if err := cluster.MoveTopicPartition("outcry.room", 0, (cluster.LeaderFor("outcry.room", 0)+1)%3); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, log, events.Room, 0, "of another past")
	ended(t, messages)
	if err := log.Err(); !errors.Is(err, kafka.ErrTruncated) {
		t.Errorf("the log says: %v", err)
	}
	cluster.DropControl()
}

// Breaks for users: an offset would be given twice, and two answers name the same place.
func TestAnOffsetThatIsGivenAgainEndsTheLog(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	mustPublish(t, log, events.Room, 0, "x")
	answerProduce(cluster, 0, 0)
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		request := r.(*kmsg.ProduceRequest)
		answer := request.ResponseKind().(*kmsg.ProduceResponse)
		a := kmsg.NewProduceResponseTopicPartition()
		a.Partition, a.BaseOffset = request.Topics[0].Partitions[0].Partition, 0
		answer.Topics = []kmsg.ProduceResponseTopic{{Topic: request.Topics[0].Topic, Partitions: []kmsg.ProduceResponseTopicPartition{a}}}
		return answer, nil, true
	})
	if _, err := publish(log, events.Room, 0, "y"); !errors.Is(err, kafka.ErrTruncated) {
		t.Errorf("the second record at offset 0: %v", err)
	}
	if err := log.Err(); !errors.Is(err, kafka.ErrTruncated) {
		t.Errorf("the log says: %v", err)
	}
}

// Breaks for users: a shard would begin behind a hole and not know it.
func TestWhatWasRemovedIsGone(t *testing.T) {
	cluster := fake(t)
	log := mustOpen(t, small(cluster))
	for range 5 {
		mustPublish(t, log, events.Room, 0, "x")
	}
	if err := cluster.DeleteRecords("outcry.room", 0, 3); err != nil {
		t.Fatal(err)
	}
	if first, next, err := log.Bounds(events.Room, 0); err != nil || first != 3 || next != 5 {
		t.Errorf("bounds %d to %d, %v", first, next, err)
	}
	if _, err := log.Checksum(at(events.Room, 0, 2)); !errors.Is(err, kafka.ErrGone) {
		t.Errorf("checksum of what was removed: %v", err)
	}
	if _, err := log.Subscriber(at(events.Room, 0, 2)).Subscribe(t.Context(), events.Room.Topic()); !errors.Is(err, kafka.ErrGone) {
		t.Errorf("reading what was removed: %v", err)
	}
	if m := take(t, subscribe(t, log, at(events.Room, 0, 3))); events.PositionOf(m).Offset != 3 {
		t.Errorf("it begins at %s", events.PositionOf(m))
	}
}
