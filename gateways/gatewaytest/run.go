package gatewaytest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"outcry/gateways/pump"
	"outcry/gateways/relay"
	"outcry/gateways/resume"
	"outcry/gateways/session"
	outcryv1 "outcry/proto/outcry/v1"
)

// patience is how long a scenario waits for what has to come.
const patience = 20 * time.Second

// heartbeat is shorter than in life, so that scenarios need not wait.
const heartbeat = 25 * time.Millisecond

// Client is a stock client of a transport.
type Client interface {
	Send(*outcryv1.ClientFrame) error
	// SendRaw sends a message that may be no frame.
	SendRaw([]byte) error
	// Receive gives the next frame. It is called by one goroutine. A client
	// that does not call it does not read its connection, or soon no more.
	Receive(context.Context) (*outcryv1.ServerFrame, error)
	// Cut breaks the connection without a word.
	Cut()
	// Code is what the server said at the end of the connection, of Receive's error;
	// UNSPECIFIED where it said nothing.
	Code(error) outcryv1.ErrorCode
}

// Dial connects one more client; what it opens it closes by t.Cleanup.
type Dial func(t *testing.T) Client

// Transport starts a transport over the pumps; what it starts it ends by t.Cleanup.
type Transport func(t *testing.T, pumps *pump.Pumps) Dial

// house is a floor with everything up to the transport.
type house struct {
	*Floor
	relay   *relay.Relay
	dial    Dial
	door    *door
	keys    *resume.Keys
	stalled chan struct{} // gets a token when a connection took no more
}

// lineage of the test's log.
const lineage = "lineage-1"

func now() int64 { return time.Now().UnixNano() }

// open starts a house and ends it with the test. Transports end before the pumps are waited for.
func open(t *testing.T, transport Transport) *house {
	h := &house{stalled: make(chan struct{}, 1)}
	h.build(t, transport, heartbeat, pump.Observer{Stalled: func() {
		select {
		case h.stalled <- struct{}{}:
		default:
		}
	}})
	return h
}

func (h *house) build(t *testing.T, transport Transport, heartbeat time.Duration, o pump.Observer) {
	keys, err := resume.Parse(resume.Generate())
	if err != nil {
		t.Fatal(err)
	}
	h.Floor, h.door, h.keys = NewFloor(), newDoor(), keys
	h.relay = relay.New(relay.Config{Floor: h.Floor, StaleAfter: time.Minute})
	sessions := session.New(session.Config{Relay: h.relay, History: h.Floor, Commands: h.Commands, Gate: h.door, CodeOf: CodeOf,
		Server: "test", Lineage: lineage, Resume: h.keys, Heartbeat: heartbeat, AttachWithin: 100 * time.Millisecond,
		Limits: session.Limits{Subscriptions: 300}})
	pumps, err := pump.Start(pump.Config{Sessions: sessions, Pumps: 2, Logger: slog.New(alarm{t}), Observer: o})
	if err != nil {
		t.Fatal(err)
	}
	h.Flushed, h.door.changed = pumps.Flushed, pumps.Recheck
	ctx, stopRelay := context.WithCancel(context.Background())
	swept := make(chan error, 1)
	go func() { swept <- h.relay.Run(ctx, pumps.Flushed) }()
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := pumps.Stop(stopping); err != nil && !errors.Is(err, pump.ErrStopped) {
			t.Error(err)
		}
		sessions.Wait()
		stopRelay()
		if err := <-swept; err != nil {
			t.Error(err)
		}
	})
	h.dial = transport(t, pumps)
}

// Open starts a house without a transport and with heartbeats as in life, for a
// transport's own tests.
func Open(t *testing.T, o pump.Observer) (floor *Floor, pumps *pump.Pumps) {
	h := &house{}
	h.build(t, func(_ *testing.T, p *pump.Pumps) Dial {
		pumps = p
		return nil
	}, time.Second, o)
	return h.Floor, pumps
}

// Pumps starts an empty house.
func Pumps(t *testing.T) *pump.Pumps {
	_, pumps := Open(t, pump.Observer{})
	return pumps
}

// Run passes every scenario to the transport.
func Run(t *testing.T, transport Transport) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { s.run(t, open(t, transport)) })
	}
}

var scenarios = []struct {
	name string
	run  func(*testing.T, *house)
}{
	{"HelloSaysLimitsAndLineage", helloSays},
	{"FramesBeforeHelloAreRefused", framesBeforeHello},
	{"AnUnknownVersionIsSaidAndEnds", unknownVersion},
	{"SnapshotThenUpdates", snapshotThenUpdates},
	{"AllLatestWinsChannels", allLatestChannels},
	{"RatesBoundUpdates", ratesBound},
	{"AHaltIsSaidAndTakenBack", haltIsSaid},
	{"AStalledReaderGetsTheFreshest", stalledReader},
	{"AStalledClientHoldsUpNobody", stalledNeighbour},
	{"ClientBarsEqualTheServers", clientBars},
	{"ClientBarsOfALongerStallAreToBeRead", clientBarsOfALongStall},
	{"BooksAddUp", booksAddUp},
	{"BooksOfAStalledReader", booksOfAStalledReader},
	{"ResumesInOneRoundTrip", resumesInOneRoundTrip},
	{"CutAtAnyMoment", cutAtAnyMoment},
	{"ResumeTokensAreForTheirUserAndTime", resumeRefused},
	{"ResumeWithAnotherLogIsAReset", resumeResets},
	{"ResumeTokensFollowTheKeys", resumeFollowsKeys},
	{"WhatDoesNotFitIntoATokenIsSaid", resumeTooLarge},
	{"AcksBoundWhatIsUnderWay", acksBound},
	{"AStreamThatWaitsForAcksHoldsUpNothing", acksHoldUpNothingElse},
	{"RoomFromSnapshotOn", roomFromSnapshot},
	{"RoomCutAndResumed", roomCutAndResumed},
	{"RoomFromTheVeryFirst", roomFromFirst},
	{"RoomWaitsForTheStoreAndSaysSo", roomWaitsForStore},
	{"ACursorBeyondTheEndIsRefused", cursorBeyondEnd},
	{"ClosedBarsInOrder", closedBars},
	{"ClosedBarsResumeBeyondRecentHistory", closedBarsResume},
	{"ClosedBarsThatAreNotKeptAreToldAsLost", closedBarsLost},
	{"TradesWithoutGap", trades},
	{"HeartbeatsSayHowFarIsComplete", heartbeats},
	{"CommandsAreAnswered", commandsAnswered},
	{"CommandsWithoutNameAreRefused", commandsWithoutName},
	{"HistoryByPages", historyPages},
	{"BadFramesAreAnsweredAndTheRestGoesOn", badFrames},
	{"AThousandBadFramesHarmNobody", thousandBadFrames},
	{"UnknownIdsAreRefusedOneByOne", unknownIDs},
	{"TooManySubscriptionsAreRefused", tooManySubscriptions},
	{"WhatCannotBeAttachedIsSaid", unattachable},
	{"UnsubscribedIsQuiet", unsubscribe},
	{"SubscribingAgainReplaces", subscribeAgain},
	{"TwoClientsSeeTheSame", twoClients},
	{"OnlyTokensThatHoldAreLetIn", badTokens},
	{"WhatIsNotGrantedIsRefused", rightToSee},
	{"AnExpiredTokenEndsTheConnection", expiredToken},
	{"ARevokedUserGetsNotOneMessageMore", revokedUser},
	{"ALostGrantEndsItsTopics", lostGrant},
	{"ATokenIsRenewedOnTheConnection", renewedToken},
	{"SignInsAreBounded", signInsBounded},
	{"AKickedMemberGetsNotOneMessageMore", kickedMember},
	{"KickedWhileItStoodStill", kickedWhileStalled},
	{"APrivateRoomIsItsMembers", privateRoom},
	{"ALostGrantToModerateEndsPrivateRooms", lostModeration},
	{"ARoomIsReadFromOnesJoiningOn", roomSinceJoin},
	{"SinceJoinWhileSomebodyReads", sinceJoinWhileReading},
	{"SinceJoinWhileItStoodStill", sinceJoinWhileStalled},
	{"WhoMayModerateIsStaff", grantedModerator},
}
