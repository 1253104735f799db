package binance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"outcry/gateways/feeds/binance/exchangetest"
)

// wire is a socket in memory, for time that is not real.
type wire struct {
	url      string
	opened   time.Time
	incoming chan []byte
	closed   chan struct{}
	once     sync.Once
	written  []string
	at       []time.Time
}

func (w *wire) Read(ctx context.Context) ([]byte, error) {
	select {
	case b, ok := <-w.incoming:
		if !ok {
			return nil, errors.New("cut")
		}
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wire) Write(_ context.Context, b []byte) error {
	w.written, w.at = append(w.written, string(b)), append(w.at, time.Now())
	return nil
}

func (w *wire) Close() { w.once.Do(func() { close(w.closed) }) }

// isClosed does not wait: time that is not real would pass, and silence close it.
func (w *wire) isClosed(t *testing.T) {
	t.Helper()
	select {
	case <-w.closed:
	default:
		t.Error("the connection is still open")
	}
}

// wires are all sockets that were opened, in order.
type wires struct {
	mu    sync.Mutex
	all   []*wire
	tries []time.Time
	fail  int // so many first dials
}

func (w *wires) dial(_ context.Context, url string) (socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries = append(w.tries, time.Now())
	if len(w.tries) <= w.fail {
		return nil, errors.New("nobody there")
	}
	one := &wire{url: url, opened: time.Now(), incoming: make(chan []byte, 10_000), closed: make(chan struct{})}
	w.all = append(w.all, one)
	return one, nil
}

func (w *wires) nth(n int) *wire {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n >= len(w.all) {
		return nil
	}
	return w.all[n]
}

func (w *wires) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.all)
}

// inTime runs a feed over wires in time that is not real.
func inTime(t *testing.T, c Config, w *wires, f func(t *testing.T, r *Feed, h *house)) {
	h := newHouse()
	if err := inTimeOn(t, c, w, h, func(t *testing.T, r *Feed) { f(t, r, h) }); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func inTimeOn(t *testing.T, c Config, w *wires, h *house, f func(t *testing.T, r *Feed)) (err error) {
	synctest.Test(t, func(t *testing.T) {
		h.changed = make(chan struct{})
		if h.slow != nil {
			h.slow = make(chan struct{}) // of the bubble
		}
		c.BaseURL = "ws://exchange"
		if len(c.Symbols) == 0 {
			c.Symbols = []string{"BTCUSDT"}
		}
		feed, fault := New(c, h, Options{})
		if fault != nil {
			t.Fatal(fault)
		}
		feed.dial = w.dial
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- feed.Run(ctx) }()
		synctest.Wait()
		f(t, feed)
		stop()
		err = <-ended
	})
	return err
}

// body of the nth message of a synthetic market.
func body(messages []exchangetest.Message, n int) []byte { return messages[n].Body }

// Thousands of feeds that come back at once keep an exchange down; one that waits for hours is useless.
func TestWaitsBetweenTriesDoubleAndAreBounded(t *testing.T) {
	w := &wires{fail: 12}
	inTime(t, Config{}, w, func(t *testing.T, _ *Feed, _ *house) {
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(w.tries) < 13 {
			t.Fatalf("%d tries", len(w.tries))
		}
		for i := range 12 {
			wait, window := w.tries[i+1].Sub(w.tries[i]), min(500*time.Millisecond<<i, 30*time.Second)
			if wait < window/2 || wait > window {
				t.Errorf("wait %d is %s, want %s to %s", i, wait, window/2, window)
			}
		}
	})
}

// A connection that is open and dead looks like a quiet market for ever.
func TestASilentConnectionIsMadeAnewAndAMessageIsALifeSign(t *testing.T) {
	w, messages := &wires{}, synthetic("BTCUSDT", 1, 100)
	inTime(t, Config{Stale: 20 * time.Second}, w, func(t *testing.T, f *Feed, h *house) {
		for i := range 3 {
			time.Sleep(19 * time.Second)
			w.nth(0).incoming <- body(messages, i)
		}
		synctest.Wait()
		if s := f.Status(); s.State() != "live" || s.Reconnects != 0 || w.count() != 1 {
			t.Errorf("%d connections, %+v", w.count(), s)
		}
		time.Sleep(20*time.Second + time.Millisecond)
		synctest.Wait()
		w.nth(0).isClosed(t)
		if s := f.Status(); s.State() != "connecting" {
			t.Errorf("%s: %+v", s.State(), s)
		}
		time.Sleep(time.Second)
		w.nth(1).incoming <- body(messages, 3)
		synctest.Wait()
		if s := f.Status(); s.State() != "live" || s.Reconnects != 1 || time.Since(s.Newest) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// The exchange cuts each connection after 24 hours; what is told in that moment must not be lost.
func TestAConnectionIsReplacedBeforeItsEndWithoutAHole(t *testing.T) {
	w, messages := &wires{}, synthetic("BTCUSDT", 1, 1000)
	inTime(t, Config{Lifetime: 10 * time.Hour, Stale: 24 * time.Hour}, w, func(t *testing.T, f *Feed, h *house) {
		w.nth(0).incoming <- body(messages, 0)
		for w.count() == 1 {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if lived := w.nth(1).opened.Sub(w.nth(0).opened); lived < 9*time.Hour || lived > 10*time.Hour {
			t.Errorf("it is replaced after %s", lived)
		}
		// The new one begins at message 10; the old one is behind, at 4, and must be read on until it told 10.
		for i := 10; i < 40; i++ {
			w.nth(1).incoming <- body(messages, i)
		}
		for i := 1; i < 5; i++ {
			w.nth(0).incoming <- body(messages, i)
		}
		synctest.Wait()
		select {
		case <-w.nth(0).closed:
			t.Fatal("the old connection was given up too early")
		default:
		}
		for i := 5; i < 20; i++ {
			w.nth(0).incoming <- body(messages, i)
		}
		synctest.Wait()
		w.nth(0).isClosed(t)
		if s := f.Status(); s.Renewals != 1 || s.Reconnects != 0 || s.Missing != 0 || s.Live != 1 {
			t.Errorf("%+v", s)
		}
		h.dense(t, btc, 1, 20)
		if n := len(h.quotes[btc]); n != 20 {
			t.Errorf("%d quotes, want 20", n)
		}
	})
}

// A market without trades tells nothing on a new connection; the old one must still be given up in time.
func TestAQuietSuccessorTakesOver(t *testing.T) {
	w := &wires{}
	inTime(t, Config{Lifetime: time.Hour, Stale: 24 * time.Hour}, w, func(t *testing.T, f *Feed, _ *house) {
		time.Sleep(time.Hour + quiet + time.Second)
		synctest.Wait()
		w.nth(0).isClosed(t)
		if s := f.Status(); s.Renewals != 1 || w.count() != 2 {
			t.Errorf("%d connections, %+v", w.count(), s)
		}
	})
}

// The exchange hangs up on who sends more than five messages a second, and bans who does it again.
func TestManyStreamsAreSubscribedInSlowMessagesOnEnoughConnections(t *testing.T) {
	var symbols []string
	for i := range 700 {
		symbols = append(symbols, fmt.Sprintf("S%dUSDT", i))
	}
	w := &wires{}
	inTime(t, Config{Symbols: symbols}, w, func(t *testing.T, _ *Feed, _ *house) {
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if w.count() != 2 {
			t.Fatalf("%d connections", w.count())
		}
		streams := 0
		for _, one := range w.all {
			_, query, _ := strings.Cut(one.url, "?streams=")
			here := len(strings.Split(query, "/"))
			for i, m := range one.written {
				here += strings.Count(m, "@")
				if i > 3 && one.at[i].Sub(one.at[i-4]) < time.Second {
					t.Errorf("five messages in %s", one.at[i].Sub(one.at[i-4]))
				}
			}
			if len(one.url) > 2100 || here > 1024 {
				t.Errorf("%d streams, a URL of %d bytes", here, len(one.url))
			}
			streams += here
		}
		if streams != 1400 {
			t.Errorf("%d streams", streams)
		}
	})
}

// A slow server must slow the exchange down; a feed that gathers instead ends without memory.
func TestAServerThatTakesNothingStopsTheReading(t *testing.T) {
	w, messages := &wires{}, synthetic("BTCUSDT", 1, 2500)
	h := newHouse()
	h.slow = make(chan struct{})
	err := inTimeOn(t, Config{Queue: 1000, Stale: time.Minute}, w, h, func(t *testing.T, f *Feed) {
		for _, m := range messages {
			w.nth(0).incoming <- m.Body
		}
		synctest.Wait()
		// The queue, what is being sent, one that waits for room, those read ahead.
		if n, most := len(messages)-len(w.nth(0).incoming), 2*1000+ahead+3; n > most {
			t.Errorf("%d messages are read, at most %d may be", n, most)
		}
		time.Sleep(20 * time.Second)
		if s := f.Status(); s.State() != "behind" || s.Behind < 20*time.Second || s.Queued != 1000 || s.Reconnects != 0 {
			t.Errorf("%s: %+v", s.State(), s)
		}
		close(h.slow)
		synctest.Wait()
		h.dense(t, btc, 1, 2500)
		if s := f.Status(); s.State() != "live" || s.Missing != 0 {
			t.Errorf("%s: %+v", s.State(), s)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// Ctrl-C must not lose what was read, since quotes come only once; and it must end though the server is away.
func TestAStoppedFeedEndsOnceWhatItHasReadIsDurable(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		says  string
	}{{5 * time.Second, ""}, {time.Hour, "301 inputs that were read are not in"}} {
		w, messages := &wires{}, synthetic("BTCUSDT", 1, 150)
		h := newHouse()
		h.slow = make(chan struct{})
		err := inTimeOn(t, Config{}, w, h, func(t *testing.T, f *Feed) {
			for _, m := range messages {
				w.nth(0).incoming <- m.Body
			}
			synctest.Wait()
			release := time.AfterFunc(c.after, func() { close(h.slow) })
			t.Cleanup(func() { release.Stop() })
		})
		if err == nil && c.says != "" || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("released after %s, it ends with %v", c.after, err)
		}
		if c.says == "" {
			h.dense(t, btc, 1, 150)
			if n := len(h.quotes[btc]); n != 150 {
				t.Errorf("%d quotes, want 150", n)
			}
		}
	}
}

// One connection that never stops talking rubbish would look live.
func TestAConnectionOfRubbishIsGivenUp(t *testing.T) {
	w := &wires{}
	inTime(t, Config{}, w, func(t *testing.T, f *Feed, _ *house) {
		for range mostUnreadable {
			w.nth(0).incoming <- []byte("{")
		}
		synctest.Wait()
		w.nth(0).isClosed(t)
		if s := f.Status(); s.Reconnects != 1 || s.Unreadable != mostUnreadable {
			t.Errorf("%+v", s)
		}
	})
}

// A subscription that the exchange refuses gives no data for ever.
func TestARefusedSubscriptionIsNotTakenForAQuietMarket(t *testing.T) {
	w := &wires{}
	inTime(t, Config{}, w, func(t *testing.T, f *Feed, _ *house) {
		w.nth(0).incoming <- []byte(`{"error":{"code":2,"msg":"Invalid request"},"id":1}`)
		synctest.Wait()
		w.nth(0).isClosed(t)
		if s := f.Status(); s.Reconnects != 1 {
			t.Errorf("%+v", s)
		}
	})
}
