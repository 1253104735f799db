package eventstest

import (
	"testing"

	"outcry/events"
)

// Env is one log under test.
type Env struct {
	// Log is empty and open; it has at least two partitions of each kind.
	// Whoever made the Env closes what is open at the end of the test.
	Log events.Log
	// Reopen closes the log that is open and opens the same one again.
	Reopen func(t *testing.T) events.Log
	// RecordBytes is the largest payload that it takes; larger ones are refused.
	RecordBytes int
}

// TestLog runs the suite; open gives a new log for each test.
func TestLog(t *testing.T, open func(t *testing.T) Env) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, env Env)
	}{
		{"PositionsAreDenseAndReturned", positionsAreDense},
		{"PartitionsCountOnTheirOwn", partitionsCountOnTheirOwn},
		{"OneCallMayHoldManyPartitions", oneCallManyPartitions},
		{"RecordsComeBackAsTheyWere", recordsComeBack},
		{"LargeRecordsPassAndLargerOnesAreRefused", largeRecords},
		{"WrongTopicsAndPartitionsAreRefused", wrongTopics},
		{"AReaderStartsAtExactlyItsOffset", exactStart},
		{"AReaderCanNotStartBehindTheEnd", startAhead},
		{"ATailingReaderSeesWhatComes", tailing},
		{"AReaderSeesOnlyItsPartition", onlyItsPartition},
		{"TwoReadersSeeTheSame", twoReaders},
		{"OnlyWhatIsDurableIsSeen", onlyDurable},
		{"ManyPublishersAndReadersAgree", manyPublishers},
		{"ASlowReaderStopsNobodyAndMissesNothing", slowReader},
		{"SeveralRecordsAreUnderWayBeforeTheFirstAck", severalUnderWay},
		{"NackEndsTheSubscription", nackEnds},
		{"TheContextEndsTheSubscription", contextEnds},
		{"ClosingTheSubscriberEndsItsSubscriptions", subscriberCloses},
		{"BoundsFollowWhatIsPublished", bounds},
		{"ChecksumsAreThoseOfThePayloads", checksums},
		{"AReopenedLogHasEverythingAndGoesOn", reopened},
		{"TheLineageStays", lineageStays},
		{"AClosedLogRefuses", closedRefuses},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}
