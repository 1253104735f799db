package events

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	outcryv1 "outcry/proto/outcry/v1"
)

func closePublisher(t *testing.T, p *Publisher) {
	t.Helper()
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if used := p.memory.used.Load(); used != 0 {
		t.Fatalf("%d bytes are still counted as gathered", used)
	}
	goleak.VerifyNone(t)
}

func quote(seq uint64) *Tick { return &Tick{Kind: QuoteTick, SourceSeq: seq, EventTime: 1} }

func mustAdd(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// decoded gives the batches of a partition; each with a decoder of its own, so that all stay valid.
func (l *memoryLog) decoded(t *testing.T, kind Kind, partition int32) (batches []*Batch) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, payload := range l.records[kind-1][partition] {
		b, err := new(Decoder).Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	return batches
}

// Without the pause a fast disk makes records of a few events each; with one
// that is always kept, a message in a quiet room would wait for nothing.
func TestGroupsKeepTheirDistanceAndTheFirstDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newMemoryLog(1)
		p := NewPublisher(log, PublisherConfig{GroupEvery: 2 * time.Millisecond})
		s := p.Open("feed", "e", outcryv1.Mode_MODE_LIVE)
		add := func(seq uint64) {
			mustAdd(t, s.Tick(t.Context(), "X", quote(seq), ""))
			s.Send(func([]Position, error) {})
			synctest.Wait()
		}
		add(1)
		if n := log.published.Load(); n != 1 {
			t.Errorf("%d groups right after the first input, want 1", n)
		}
		for seq := range uint64(3) {
			add(2 + seq)
		}
		if n := log.published.Load(); n != 1 {
			t.Errorf("%d groups at the same time as the first, want them to gather", n)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := log.published.Load(); n != 2 {
			t.Errorf("%d groups after the distance, want 2", n)
		}
		time.Sleep(time.Second)
		add(5)
		if n := log.published.Load(); n != 3 {
			t.Errorf("%d groups, want the input after a pause at once", n)
		}
		add(6)
		began := time.Now()
		if err := p.Close(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("closing took %v: %v", time.Since(began), err)
		}
		if n := log.published.Load(); n != 4 {
			t.Errorf("%d groups after closing, want 4", n)
		}
	})
}

// Under load a record an input would cost forty times as much as a record a batch.
func TestWhileOneGroupIsAppendedTheNextGathers(t *testing.T) {
	log := newMemoryLog(1)
	log.began, log.permit = make(chan string), make(chan struct{})
	p := NewPublisher(log, PublisherConfig{})
	s := p.Open("feed", "e", outcryv1.Mode_MODE_LIVE)
	results := make(chan []Position, 4)
	for seq := range uint64(4) {
		mustAdd(t, s.Tick(context.Background(), "X", quote(seq), ""))
		s.Send(func(positions []Position, err error) {
			if err != nil {
				t.Error(err)
			}
			results <- positions
		})
		if seq == 0 {
			<-log.began
		}
	}
	log.permit <- struct{}{}
	<-log.began
	log.permit <- struct{}{}
	for i := range 4 {
		if got, want := fmt.Sprint(<-results), fmt.Sprintf("[instrument/0@%d]", min(i, 1)); got != want {
			t.Errorf("Send %d is at %s, want %s", i, got, want)
		}
	}
	closePublisher(t, p)
	if b := log.decoded(t, Instrument, 0); len(b) != 2 || len(b[1].Instruments[0].Ticks) != 3 || b[1].Source != "feed" || b[1].Epoch != "e" || b[1].Mode != outcryv1.Mode_MODE_LIVE {
		t.Fatalf("%+v", b)
	}
}

// A slow disk must slow feeds down, not fill the memory; and nobody may wait for ever.
func TestFullMemoryMakesCallersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newMemoryLog(1)
		log.permit = make(chan struct{})
		p := NewPublisher(log, PublisherConfig{MemoryBytes: 4096, RecordBytes: 2048})
		s := p.Open("feed", "", 0)
		added := 0
		go func() {
			for seq := range uint64(1000) {
				if err := s.Tick(context.Background(), "X", quote(seq), ""); err != nil {
					t.Error(err)
				}
				added++
			}
		}()
		synctest.Wait()
		if used := p.memory.used.Load(); added == 0 || added == 1000 || used > 4096 {
			t.Fatalf("%d inputs were taken in %d bytes", added, used)
		}
		other, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.Open("other", "", 0).Tick(other, "Y", quote(1), ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a caller that gives up got %v", err)
		}
		close(log.permit)
		synctest.Wait()
		if added != 1000 {
			t.Fatalf("stuck after %d inputs, though the log goes on and nobody sends", added)
		}
		if err := p.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, b := range log.decoded(t, Instrument, 0) {
			for _, tick := range b.Instruments[0].Ticks {
				if tick.SourceSeq != uint64(n) {
					t.Fatalf("input %d is at %d", tick.SourceSeq, n)
				}
				n++
			}
		}
		if n != 1000 {
			t.Fatalf("%d inputs are in the log", n)
		}
	})
}

// Who waits for memory while the publisher closes must be told, not forgotten.
func TestCloseSendsWhatIsGatheredAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newMemoryLog(1)
		log.permit = make(chan struct{})
		p := NewPublisher(log, PublisherConfig{MemoryBytes: 2048, RecordBytes: 2048})
		s, late := p.Open("feed", "", 0), p.Open("late", "", 0)
		mustAdd(t, s.Tick(context.Background(), "X", quote(1), "")) // never sent
		waiter := make(chan error, 1)
		go func() {
			waiter <- p.Open("big", "", 0).Room(context.Background(), "r", &outcryv1.RoomInput{User: strings.Repeat("x", 900)})
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Close with a log that stands still: %v", err)
		}
		if err := <-waiter; !errors.Is(err, ErrClosed) {
			t.Fatalf("who waited for memory got %v", err)
		}
		close(log.permit)
		if err := p.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if b := log.decoded(t, Instrument, 0); len(b) != 1 || len(b[0].Instruments[0].Ticks) != 1 {
			t.Fatalf("what was gathered is not in the log: %+v", b)
		}
		if err := late.Tick(context.Background(), "X", quote(1), ""); !errors.Is(err, ErrClosed) {
			t.Fatalf("Tick after Close: %v", err)
		}
		if _, err := late.Flush(context.Background()); !errors.Is(err, ErrClosed) {
			t.Fatalf("Flush after Close: %v", err)
		}
		p.Clock(Room, 0, func(_ Position, err error) {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("Clock after Close: %v", err)
			}
		})
	})
}

// A session must learn that its command's fate is unknown, and only that session.
func TestFailedAppendIsToldToThoseWhoSentIt(t *testing.T) {
	log := newMemoryLog(4)
	full := errors.New("disk full")
	log.fail = func(n int64) error {
		if n == 1 {
			return full
		}
		return nil
	}
	failed := 0
	p := NewPublisher(log, PublisherConfig{Observer: Observer{Failed: func(kind Kind, records, inputs int, err error) {
		if failed++; kind != Room || records != 1 || inputs != 1 || !errors.Is(err, full) {
			t.Errorf("%s: %d records, %d inputs, %v", kind, records, inputs, err)
		}
	}}})
	s := p.Open("gateway", "", 0)
	for i, want := range []error{full, nil} {
		mustAdd(t, s.Room(context.Background(), "ubuntu", &outcryv1.RoomInput{User: "ann"}))
		positions, err := s.Flush(context.Background())
		if !errors.Is(err, want) || (err == nil) != (len(positions) == 1) {
			t.Fatalf("Flush %d: %v, %v", i, positions, err)
		}
	}
	closePublisher(t, p)
	if failed != 1 {
		t.Fatalf("the observer heard of %d failures", failed)
	}
}

// A request without any input must be answered too, and not before the ones sent earlier.
func TestSendsAreAnsweredInTheirOrder(t *testing.T) {
	log := newMemoryLog(8)
	p := NewPublisher(log, PublisherConfig{})
	s := p.Open("feed", "", 0)
	answers := make(chan int, 30)
	for i := range 30 {
		for j := range i % 3 {
			mustAdd(t, s.Tick(context.Background(), fmt.Sprint("I", i*j), quote(1), ""))
		}
		s.Send(func(positions []Position, err error) {
			if err != nil || (len(positions) > 0) != (i%3 > 0) {
				t.Errorf("Send %d: %v, %v", i, positions, err)
			}
			answers <- i
		})
	}
	for i := range 30 {
		if got := <-answers; got != i {
			t.Fatalf("answer %d came at %d", got, i)
		}
	}
	closePublisher(t, p)
}

// What can't be kept exactly must be refused aloud and leave the rest as it was.
func TestWhatCannotBeARecordIsRefused(t *testing.T) {
	log := newMemoryLog(1)
	p := NewPublisher(log, PublisherConfig{RecordBytes: 4096})
	s := p.Open("feed", "", 0)
	ctx := context.Background()
	trade := func(id int64) *Tick { return &Tick{Kind: TradeTick, TradeID: id} }
	for want, err := range map[string]error{
		"name is empty":                     s.Tick(ctx, "", quote(1), ""),
		"invalid id":                        s.Room(ctx, "#go", &outcryv1.RoomInput{}),
		"only quotes and trades":            s.Tick(ctx, "X", &Tick{Kind: EventTick}, ""),
		"ref 1":                             s.Tick(ctx, "X", &Tick{Ref: 1}, ""),
		"no word of the stream":             s.Tick(ctx, "X", &Tick{Venue: 1}, ""),
		"unknown bits":                      s.Tick(ctx, "X", &Tick{Absent: 16}, ""),
		"a quote has no trade id":           s.Tick(ctx, "X", quote(1), "a"),
		"one of a positive number":          s.Tick(ctx, "X", trade(1), "a"),
		"trade id -1":                       s.Tick(ctx, "X", trade(-1), ""),
		`"\xff" is not valid UTF-8`:         s.Tick(ctx, "X", trade(0), "\xff"),
		"input is larger than a record":     s.Room(ctx, "r", &outcryv1.RoomInput{ClientMsgId: make([]byte, 4000)}),
		"encoding an input of room r":       s.Room(ctx, "r", &outcryv1.RoomInput{User: "\xff"}),
		"encoding an input of instrument X": s.Event(ctx, "X", &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Status{Status: &outcryv1.TradingStatus{Reason: "\xff"}}}),
		"source \"\\xff\"":                  p.Open("\xff", "", 0).Tick(ctx, "X", quote(1), ""),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if positions, err := s.Flush(ctx); err != nil || len(positions) != 0 {
		t.Errorf("something was appended: %v, %v", positions, err)
	}
	p.Clock(Instrument, 1, func(_ Position, err error) {
		if err == nil || !strings.Contains(err.Error(), "no such partition") {
			t.Errorf("Clock of partition 1 of 1: %v", err)
		}
	})
	closePublisher(t, p)
}

// A venue beyond what a stream can number must not become another venue or none.
func TestWordsKeepTheirNumbersAndAreBounded(t *testing.T) {
	log := newMemoryLog(1)
	p := NewPublisher(log, PublisherConfig{})
	s := p.Open("feed", "", 0)
	ctx := context.Background()
	for i := 1; i <= math.MaxUint16; i++ {
		if n := s.Word(fmt.Sprint("w", i)); int(n) != i {
			t.Fatalf("word %d got number %d", i, n)
		}
	}
	for _, w := range []string{"one more", strings.Repeat("x", 300), "\xff"} {
		if err := s.Tick(ctx, "X", &Tick{Venue: s.Word(w)}, ""); err == nil || !strings.Contains(err.Error(), "word") {
			t.Fatalf("a tick with the word %.20q: %v", w, err)
		}
	}
	tick := Tick{Kind: TradeTick, Venue: s.Word("w65535"), Conditions: s.Word("w7")}
	for range 2 {
		mustAdd(t, s.Tick(ctx, "X", &tick, ""))
	}
	mustAdd(t, s.Tick(ctx, "X", &Tick{Kind: TradeTick, Venue: s.Word("w7"), Conditions: s.Word("")}, ""))
	if _, err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	closePublisher(t, p)
	b := log.decoded(t, Instrument, 0)[0]
	if got := strings.Join(b.Dictionary, " "); got != "w65535 w7" {
		t.Fatalf("the record's dictionary is %q: only words that it uses belong in it", got)
	}
	for i, want := range [][2]uint16{{1, 2}, {1, 2}, {2, 0}} {
		if tick := b.Instruments[0].Ticks[i]; tick.Venue != want[0] || tick.Conditions != want[1] {
			t.Fatalf("tick %d has words %d, %d, want %v", i, tick.Venue, tick.Conditions, want)
		}
	}
}

// A clock that is set back must not take a bar's deadline back with it, and
// many who ask for the time at once must not flood the log.
func TestClockRecordsAreSharedAndNeverGoBack(t *testing.T) {
	log := newMemoryLog(2)
	log.began, log.permit = make(chan string), make(chan struct{})
	now := int64(1000)
	p := NewPublisher(log, PublisherConfig{Now: func() int64 { now -= 100; return now }})
	answers := make(chan error, 2*clockCallersMax)
	ask := func() {
		p.Clock(Room, 1, func(at Position, err error) {
			if err == nil && (at.Kind != Room || at.Partition != 1 || at.Offset < 0) {
				err = fmt.Errorf("the clock record is at %s", at)
			}
			answers <- err
		})
	}
	ask()
	<-log.began
	for range clockCallersMax + 1 {
		ask()
	}
	if err := <-answers; !errors.Is(err, ErrBusy) {
		t.Fatalf("one caller too many got %v", err)
	}
	log.permit <- struct{}{}
	<-log.began
	log.permit <- struct{}{}
	for range clockCallersMax + 1 {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
	closePublisher(t, p)
	b := log.decoded(t, Room, 1)
	if len(b) != 2 || !b[0].Clock || !b[1].Clock || b[0].IngestTime != 900 || b[1].IngestTime != 900 {
		t.Fatalf("%+v", b)
	}
}

// A record larger than promised is one that a broker refuses, for ever.
func TestRecordsKeepTheirBoundWithTheWorstInputs(t *testing.T) {
	const bound = 20_000
	log := newMemoryLog(1)
	p := NewPublisher(log, PublisherConfig{RecordBytes: bound})
	s := p.Open("feed", "", 0)
	ctx := context.Background()
	const inputs, far = 2000, math.MinInt64 // far from 0 in both directions: ten bytes
	for i := range inputs {
		kind, every := TickKind(i%2), 14
		if i > inputs/2 { // quotes only, which are the longest
			kind, every = QuoteTick, 7
		}
		from := int64(i / every % 2 * far) // differences to the one before are far as well
		tick := Tick{Kind: kind, SourceSeq: uint64(from), EventTime: from, ReceiveTime: from + far, Price: from, Size: far}
		if i < inputs/4 {
			tick.Venue, tick.Conditions = s.Word(fmt.Sprint(i)), s.Word(fmt.Sprint(-i))
		}
		ref := ""
		if tick.Kind == TradeTick {
			tick.Side, ref = 255, "é"
		} else {
			tick.AskPrice, tick.AskSize, tick.Absent = from+far, far, absentAll
		}
		mustAdd(t, s.Tick(ctx, fmt.Sprint("X", i%7), &tick, ref))
	}
	if _, err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	closePublisher(t, p)
	ticks := 0
	for i, b := range log.decoded(t, Instrument, 0) {
		if n := len(log.records[0][0][i]); n > bound {
			t.Errorf("record %d has %d bytes", i, n)
		}
		for _, g := range b.Instruments {
			ticks += len(g.Ticks)
		}
	}
	if ticks != inputs {
		t.Fatalf("%d of %d inputs are in the log", ticks, inputs)
	}
}
