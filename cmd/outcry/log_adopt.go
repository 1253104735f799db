package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func newLogAdopt() *cobra.Command {
	c := newConfig()
	cmd := &cobra.Command{Use: "adopt", Short: "Go on with a log that is not the one that was served", Args: needArgs(0, 0, ""),
		Long: `Order a stopped server to go on with the log that is there now: one that was
truncated, put back from a copy, or set up anew, so that the server refuses it.

The log gets a new lineage, which clients see when they connect: what they hold of
the old one is void, and they begin anew. The rows are folded anew from the log.
SQLite's rows are moved aside, not deleted; in ScyllaDB choose a new keyspace with
--scylla-keyspace, and the old one stays.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			return adopt(cmd.Context(), c, cmd.OutOrStdout())
		}}
	c.flags(cmd, "data", "accept_weak", "log.kafka", "store")
	return cmd
}

func adopt(ctx context.Context, c *config, out io.Writer) (err error) {
	unlock, err := lockData(c.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	log, err := readLog(ctx, c)
	if err != nil {
		return err
	}
	defer log.Close()
	before, err := readServed(c.data)
	if err != nil {
		return err
	}
	// Always a new lineage: nobody knows which clients saw what of this log.
	now := &served{Log: log.Lineage(), Adopted: newLineage()}
	moved, err := c.freshStore(ctx, now)
	if err != nil {
		return err
	}
	if err := now.write(c.data); err != nil {
		return err
	}
	if before != nil {
		fmt.Fprintf(out, "old lineage  %s\n", before.lineage())
	}
	fmt.Fprintf(out, "new lineage  %s\nlog          %s\nrows         %s\nStart the server as before: it folds the log from its first record, and clients begin anew.\n",
		now.lineage(), c.logName(), moved)
	return nil
}

// freshStore sees to it that the rows can be those of a new lineage, and says how.
func (c *config) freshStore(ctx context.Context, now *served) (said string, err error) {
	if c.scyllaStore() {
		store, err := openScylla(ctx, c, now.lineage(), "")
		if err != nil {
			return "", fmt.Errorf("the rows of the old log are in the keyspace %s: choose a new one with --scylla-keyspace, for this command and the server (%w)",
				c.scylla.keyspace, err)
		}
		now.Store = storeID(store)
		return "in the keyspace " + c.scylla.keyspace, store.Close()
	}
	aside := rowsPath(c.data) + "." + time.Now().UTC().Format("20060102-150405") + ".old"
	if _, err := os.Stat(rowsPath(c.data)); errors.Is(err, os.ErrNotExist) {
		return "none yet", nil
	}
	for _, suffix := range []string{"-wal", "-shm", ""} { // the file itself last: until then the rest is tried again
		if err := os.Rename(rowsPath(c.data)+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("moving the rows aside: %w", err)
		}
	}
	return "of before are in " + aside, nil
}
