package main

import (
	"context"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// byStore asks the store alone, without a server.
type byStore struct{ projections.Store }

func openRows(t *testing.T, s *server, lineage string) byStore {
	t.Helper()
	c := newConfig()
	cmd := &cobra.Command{}
	c.flags(cmd)
	if err := cmd.ParseFlags([]string{"--data", s.data}); err != nil {
		t.Fatal(err)
	}
	if err := c.load(cmd); err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), c, lineage)
	if err != nil {
		t.Fatal(err)
	}
	return byStore{store}
}

func (b byStore) latest(ctx context.Context, ids []string) ([]*outcryv1.Latest, error) {
	return b.Latest(ctx, ids)
}

func (b byStore) bars(ctx context.Context, id string) ([]*outcryv1.Bar, error) {
	return b.Bars(ctx, projections.BarsQuery{Instrument: id, Resolution: outcryv1.Resolution_RESOLUTION_1S, Limit: 50_000})
}

// closed waits until the newest bars are closed: one in its grace for late
// prints, behind the one that forms, has no row yet.
func closed(t *testing.T, s *server, p *tape) {
	t.Helper()
	ctx, cancel := contextWithin(t, 30*time.Second)
	defer cancel()
	for _, l := range p.lanes {
		for _, id := range l.ids {
			for {
				bars, err := byServer{s}.bars(ctx, id)
				if err != nil || len(bars) == 0 {
					t.Fatalf("%s: %d bars, %v", id, len(bars), err)
				}
				if bars[len(bars)-1].State != outcryv1.BarState_BAR_STATE_FORMING {
					break
				}
				lasts(50 * time.Millisecond)
			}
		}
	}
}

// rowsOf stops the server and checks what the store alone has of the tapes: all that was owed.
func rowsOf(t *testing.T, s *server, tapes ...*tape) {
	t.Helper()
	for _, p := range tapes {
		closed(t, s, p)
	}
	lineage := lineageOf(t, s)
	s.stop()
	rows := openRows(t, s, lineage)
	defer rows.Close()
	for _, p := range tapes {
		p.t = t
		p.check("store", rows)
	}
}
