package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// playedAtOnce bounds a request.
	playedAtOnce = 10_000
	// playedEvery is how often what is due is sent, and mostLag how far the
	// player may fall behind before it takes the delay for the pace.
	playedEvery = 5 * time.Millisecond
	mostLag     = time.Second
	// mostSilence of a recording is played; of a longer one, nothing is.
	mostSilence = time.Minute
)

// player plays recordings together, in the order in which they were recorded.
type player struct {
	*playlist
	book       *feed.Book
	recordings []*recording
	progress   *progress
	size       int64
	seqs       map[string]*[2]uint64 // of quotes and trades
	total      tally
	begun      time.Time // when what was recorded at first would have been played
	first, at  int64     // recorded, ns; 0 before the first tick
}

// open opens all files before the server starts, so that a wrong name costs no start.
func (r *playlist) open(errs io.Writer) (*player, error) {
	p := &player{playlist: r, book: &feed.Book{Auto: true}, seqs: map[string]*[2]uint64{}}
	for _, name := range r.files {
		rec, size, err := r.recording(name, p.book, errs)
		if err != nil {
			p.close()
			return nil, err
		}
		p.recordings = append(p.recordings, rec)
		p.size += size
	}
	return p, nil
}

func (p *player) close() {
	for _, r := range p.recordings {
		r.file.Close() // was only read
	}
}

// answer lets the player ask the server for the definitions that it has.
func (p *player) answer(a *app) {
	p.book.Accepted = func(id string) (*outcryv1.Definition, error) { return a.accepted(context.Background(), id) }
}

// run plays everything, and says so; the server stays open.
func (p *player) run(ctx context.Context, a *app, out io.Writer) error {
	p.progress = newProgress(out, "playing", p.size, nil)
	play := p.paced
	if p.speed == 0 {
		play = p.atOnce
	}
	if err := play(ctx, a); err != nil {
		if ctx.Err() != nil {
			return nil // the demo is being stopped
		}
		return fmt.Errorf("playing: %w", err)
	}
	t := p.total
	for _, r := range p.recordings {
		t = t.with(r.reader.Counts())
	}
	ignored := uint64(0)
	for _, n := range t.ignored {
		ignored += n
	}
	p.progress.done(fmt.Sprintf("over: %d lines, %d inputs accepted, %d known before, %d late, %d refused, %d lines of books ignored; all of it stays open until Ctrl-C",
		t.lines, t.accepted, t.duplicates, t.late, t.refused, ignored))
	return nil
}

// atOnce takes one file after the other in, as an import does: with its own times, and only once.
func (p *player) atOnce(ctx context.Context, a *app) error {
	for _, r := range p.recordings {
		request := &outcryv1.IngestRequest{Source: "file", Epoch: r.epoch, Mode: outcryv1.Mode_MODE_IMPORT}
		for more := true; more; {
			request.Events = request.Events[:0]
			for len(request.Events) < playedAtOnce && more {
				if err := r.next(); err != nil {
					return err
				}
				if more = r.event != nil; more {
					p.meet(r.event.Id)
					request.Events = append(request.Events, r.event)
				}
			}
			if err := p.send(ctx, a, request); err != nil {
				return err
			}
		}
	}
	return nil
}

// paced plays all files together, moved to the present.
func (p *player) paced(ctx context.Context, a *app) error {
	request := &outcryv1.IngestRequest{Source: "replay", Epoch: fmt.Sprint(time.Now().UnixNano()), Mode: outcryv1.Mode_MODE_LIVE}
	for _, r := range p.recordings {
		if err := r.next(); err != nil {
			return err
		}
	}
	for r := p.earliest(); r != nil; {
		request.Events = request.Events[:0]
		now := time.Now()
		for r != nil && len(request.Events) < playedAtOnce {
			due := p.due(r.at, now)
			if due.After(now) {
				break
			}
			p.present(r.event, due.UnixNano())
			request.Events = append(request.Events, r.event)
			if err := r.next(); err != nil {
				return err
			}
			r = p.earliest()
		}
		if err := p.send(ctx, a, request); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(playedEvery):
		}
	}
	return nil
}

// earliest gives the recording whose event is next; nil when all are over.
func (p *player) earliest() (first *recording) {
	for _, r := range p.recordings {
		if r.event != nil && (first == nil || r.at < first.at) {
			first = r
		}
	}
	return first
}

// due says when an event that was recorded at that time is played.
func (p *player) due(recorded int64, now time.Time) time.Time {
	if recorded == 0 {
		return now // a definition before all ticks
	}
	if p.first == 0 {
		p.first, p.at, p.begun = recorded, recorded, now
	}
	if silence := recorded - p.at; silence > mostSilence.Nanoseconds() {
		p.first += silence
	}
	p.at = recorded
	due := p.begun.Add(time.Duration(float64(recorded-p.first) / p.speed))
	if lag := now.Sub(due); lag > mostLag {
		p.begun = p.begun.Add(lag)
		due = now
	}
	return due
}

// present gives an event its time in the present, and the next sequence of its source.
func (p *player) present(ev *outcryv1.IngestEvent, now int64) {
	seqs := p.meet(ev.Id)
	if q := ev.GetQuote(); q != nil {
		seqs[0]++
		q.EventTimeNs, q.ReceiveTimeNs, q.SourceSeq = now, now, seqs[0]
	}
	if t := ev.GetTrade(); t != nil {
		seqs[1]++
		t.EventTimeNs, t.ReceiveTimeNs, t.SourceSeq = now, now, seqs[1]
	}
}

// meet notes an instrument.
func (p *player) meet(id string) *[2]uint64 {
	seqs := p.seqs[id]
	if seqs == nil {
		seqs = new([2]uint64)
		p.seqs[id] = seqs
		p.met(id)
	}
	return seqs
}

func (p *player) send(ctx context.Context, a *app, request *outcryv1.IngestRequest) error {
	if len(request.Events) == 0 {
		return nil
	}
	answer, err := a.ingest.Ingest(ctx, request)
	if err != nil {
		return err
	}
	p.total.answered(answer)
	for _, f := range answer.Refusals {
		p.recordings[0].refusals.say(strings.TrimSpace(f.Id + ": " + f.Error.GetText()))
	}
	read := int64(0)
	for _, r := range p.recordings {
		read += r.counted.n
	}
	p.progress.show(float64(read)/float64(p.size), func(took time.Duration) string {
		rate := fmt.Sprintf("%d ticks, %.0f/s", p.total.accepted, float64(p.total.accepted)/took.Seconds())
		if p.at == 0 {
			return rate
		}
		return "at " + time.Unix(0, p.at).UTC().Format("2006-01-02 15:04:05") + ", " + rate
	})
	return nil
}
