package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"outcry/events"
)

func newLog() *cobra.Command {
	cmd := &cobra.Command{Use: "log", Short: "Look into the log of a data folder", Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return misuse(cmd, "say what to do: check, show, copy or adopt")
		}}
	cmd.AddCommand(newLogCheck(), newLogShow(), newLogAdopt(), newLogCopy())
	return cmd
}

func newLogShow() *cobra.Command {
	c := newConfig()
	o := &output{}
	limit := 20
	cmd := &cobra.Command{Use: "show KIND/PARTITION[@OFFSET]", Short: "Show records of a partition, such as instrument/3@100", Args: needArgs(1, 1, "a position is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := parsePosition(args[0])
			if err != nil {
				return misuse(cmd, "%w", err)
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			log, err := readServedLog(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer log.Close()
			t, err := records(cmd.Context(), log, from, limit)
			if err != nil {
				return err
			}
			return o.print(cmd, t)
		}}
	o.flags(cmd)
	c.flags(cmd, "data", "accept_weak", "log.kafka")
	cmd.Flags().IntVar(&limit, "limit", limit, "how many at most")
	return cmd
}

func parsePosition(text string) (p events.Position, err error) {
	kind, rest, ok := strings.Cut(text, "/")
	partition, offset, at := strings.Cut(rest, "@")
	n, perr := strconv.ParseInt(partition, 10, 32)
	k, known := events.KindOf(kind)
	if at {
		p.Offset, err = strconv.ParseInt(offset, 10, 64)
	}
	if !ok || !known || perr != nil || err != nil {
		return p, fmt.Errorf("%q is no position: write instrument/PARTITION@OFFSET or room/PARTITION@OFFSET", text)
	}
	p.Kind, p.Partition = k, int32(n)
	return p, nil
}

func records(ctx context.Context, log events.Log, from events.Position, limit int) (*table, error) {
	t := &table{columns: []string{"position", "bytes", "ingest_time", "source", "mode", "holds"}, right: set("bytes")}
	var d events.Decoder
	for r, err := range events.Records(ctx, log, from) {
		if err != nil {
			return nil, err
		}
		if len(t.rows) == limit {
			break
		}
		at := r.Position
		if len(r.Payload) == 0 {
			t.add(at.String(), "0", "", "", "", "nothing")
			continue
		}
		b, err := d.Decode(r.Payload)
		if err != nil {
			return nil, fmt.Errorf("decoding %s: %w", at, err)
		}
		t.add(at.String(), strconv.Itoa(len(r.Payload)), when(b.IngestTime), b.Source, word(b.Mode), holds(b))
	}
	return t, nil
}

// holds says in words what a batch has in it.
func holds(b *events.Batch) string {
	if b.Clock {
		return "clock"
	}
	ticks, inputs := 0, 0
	for i := range b.Instruments {
		ticks += len(b.Instruments[i].Ticks)
	}
	for _, g := range b.Rooms {
		inputs += len(g.Inputs)
	}
	if len(b.Rooms) > 0 {
		return fmt.Sprintf("%d inputs of %d rooms", inputs, len(b.Rooms))
	}
	return fmt.Sprintf("%d events of %d instruments", ticks, len(b.Instruments))
}
