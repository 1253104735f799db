package main

import (
	"context"
	"testing"

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

// rowsOf stops the server and checks what the store alone has of the tapes: all that was owed.
func rowsOf(t *testing.T, s *server, tapes ...*tape) {
	t.Helper()
	lineage := lineageOf(t, s)
	s.stop()
	rows := openRows(t, s, lineage)
	defer rows.Close()
	for _, p := range tapes {
		p.t = t
		p.check("store", rows)
	}
}
