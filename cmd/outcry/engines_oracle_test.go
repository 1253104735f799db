package main

import (
	"context"

	outcryv1 "outcry/proto/outcry/v1"
)

// answers is who is asked for rows: the server, or the store alone.
type answers interface {
	latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error)
	bars(ctx context.Context, id string) ([]*outcryv1.Bar, error)
}

// check compares everything that was acknowledged with the answers: as many
// events, each once, and the bars that this test kept itself. The tape has stopped.
func (p *tape) check(name string, a answers) {
	p.t.Helper()
	for _, l := range p.lanes {
		all, err := a.latest(p.t.Context(), l.ids)
		if err != nil || len(all) != len(l.ids) {
			p.t.Fatalf("%s: %d of %d instruments, %v", name, len(all), len(l.ids), err)
		}
		for i, id := range l.ids {
			if got, want := all[i].Seq, l.events[i]+1; got != want { // and its definition
				p.t.Errorf("%s: %s has %d events, %d were acknowledged", name, id, got, want)
			}
			bars, err := a.bars(p.t.Context(), id)
			if err != nil {
				p.t.Fatalf("%s: bars of %s: %v", name, id, err)
			}
			l.checkBars(name, i, bars)
		}
	}
}

func (l *lane) checkBars(name string, i int, bars []*outcryv1.Bar) {
	l.t.Helper()
	if len(bars) != len(l.bars[i]) {
		l.t.Errorf("%s: %s has %d bars of a second, want %d", name, l.ids[i], len(bars), len(l.bars[i]))
	}
	for _, b := range bars {
		want := l.bars[i][b.Time]
		if got := (tapeBar{b.Open, b.High, b.Low, b.Close, b.Volume, int64(b.Trades)}); want == nil || got != *want {
			l.t.Errorf("%s: %s at %d: %+v, want %+v", name, l.ids[i], b.Time, got, want)
		}
	}
}

// byServer asks the server.
type byServer struct{ *server }

func (s byServer) latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error) {
	a, err := s.client().Latest(ctx, &outcryv1.LatestRequest{Instruments: ids})
	return a.GetInstruments(), err
}

func (s byServer) bars(ctx context.Context, id string) ([]*outcryv1.Bar, error) {
	a, err := s.client().Bars(ctx, &outcryv1.BarsRequest{Instrument: id, Resolution: outcryv1.Resolution_RESOLUTION_1S, Limit: 50_000})
	return a.GetBars(), err
}
