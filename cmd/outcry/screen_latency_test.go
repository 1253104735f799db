package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"outcry/gateways/web/webtest"
)

const (
	latencyRate        = 1_000 // ticks a second
	latencyInstruments = 30
	latencyRuns        = 5
	latencyRun         = 4 * time.Second
	latencyMostMs      = 100
)

// A price that stands on the screen a tenth of a second late is another's
// profit. Each tick carries when it was to be sent, so that a stall counts for
// all ticks that it held up, and its age is taken once it is painted.
func TestAThousandTicksASecondAreOnTheScreenInTime(t *testing.T) {
	b := webtest.Start(t)
	s := serving(t)
	ctx, stop := context.WithCancel(t.Context())
	var feeding sync.WaitGroup
	fed := &tickFeed{url: s.url + "/v1/ingest?define=auto&time-unit=ns&source=screen", begun: time.Now()}
	feeding.Go(func() {
		if err := fed.run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer feeding.Wait()
	defer stop()
	tab := b.Open(s.url+"/?measure=1", webtest.View{})
	live(tab)
	tab.WaitFor(fmt.Sprintf(`document.querySelectorAll("#board-rows .row").length === %d && outcry.latency.length > 1000`, latencyInstruments))
	median := medianP99(t, tab)
	// The tests of other packages run at the same time: what only then is too slow gets another chance.
	if median > latencyMostMs {
		t.Logf("p99 %.1f ms; measuring again", median)
		median = medianP99(t, tab)
	}
	if load := loadPerCore(); median > latencyMostMs && load > 2 {
		t.Skipf("p99 %.1f ms is not judged: %.1f processes wait for each core; run this test alone", median, load)
	}
	if median > latencyMostMs {
		t.Errorf("ingest to price on screen: p99 %.1f ms in the median of %d runs, want at most %d", median, latencyRuns, latencyMostMs)
	}
	noProblems(t, tab)
}

// loadPerCore is how many processes wait for or use a core, in the mean of the last minute; 0 where that is not known.
func loadPerCore() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	var load float64
	if _, err := fmt.Sscan(string(text), &load); err != nil {
		return 0
	}
	return load / float64(runtime.NumCPU())
}

// medianP99 gives the median of the runs' 99th percentiles in ms.
func medianP99(t *testing.T, tab *webtest.Tab) float64 {
	t.Helper()
	var p99s []float64
	for range latencyRuns {
		p99s = append(p99s, measure(t, tab))
	}
	slices.Sort(p99s)
	return p99s[latencyRuns/2]
}

// measure gives the 99th percentile of one run's ages in ms.
func measure(t *testing.T, tab *webtest.Tab) float64 {
	t.Helper()
	var ages []float64
	evaluate(t, tab, fmt.Sprintf(`(outcry.latency.length = 0, new Promise((done) => setTimeout(() => done(outcry.latency.slice()), %d)))`, latencyRun.Milliseconds()), &ages)
	if len(ages) < int(latencyRun.Seconds())*latencyRate/10 {
		t.Fatalf("only %d ticks were shown in %v", len(ages), latencyRun)
	}
	slices.Sort(ages)
	at := func(share float64) float64 { return ages[int(share*float64(len(ages)-1))] }
	t.Logf("%d ticks shown: p50 %.1f ms, p99 %.1f ms, most %.1f ms", len(ages), at(0.5), at(0.99), at(1))
	return at(0.99)
}

// tickFeed sends ticks at an even rate, as a feed without a library does.
type tickFeed struct {
	url   string
	begun time.Time
	sent  int
	body  bytes.Buffer
}

func (f *tickFeed) run(ctx context.Context) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := f.send(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("sending ticks: %w", err)
		}
	}
}

// send sends what is due.
func (f *tickFeed) send(ctx context.Context) error {
	f.body.Reset()
	for due := int(time.Since(f.begun).Seconds() * latencyRate); f.sent < due; f.sent++ {
		at := f.begun.Add(time.Duration(f.sent) * time.Second / latencyRate).UnixNano()
		fmt.Fprintf(&f.body, `{"time":%d,"receive_time":%[1]d,"instrument":"LOAD:N%02d","price":"%d.%02d","size":"1"}`+"\n",
			at, f.sent%latencyInstruments, 100+f.sent%latencyInstruments, f.sent/latencyInstruments%100)
	}
	if f.body.Len() == 0 {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(f.body.Bytes()))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return err
}
