package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"outcry/events"
	"outcry/events/embedded"
)

func newLogCopy() *cobra.Command {
	c, from := newConfig(), ""
	cmd := &cobra.Command{Use: "copy --from DIR --kafka HOST:PORT,…", Short: "Copy an embedded log into Kafka, byte for byte", Args: needArgs(0, 0, ""),
		Long: `Copy the log of a data folder into Kafka, record by record: the same records give
the same hashes, rows and answers. The topics are created with as many partitions
as the log has, or must have as many. A copy that was interrupted goes on where it
was; topics that hold anything else are refused.

Stop the server of the folder before, and start one on Kafka with a folder of its own.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			if from == "" || !c.kafkaLog() {
				return misuse(cmd, "--from and --kafka are needed: the folder of the log, and where it goes")
			}
			return copyFolder(cmd.Context(), c, from, cmd.OutOrStdout(), cmd.ErrOrStderr())
		}}
	c.flags(cmd, "accept_weak", "log.kafka")
	cmd.Flags().StringVar(&from, "from", "", "data folder of the embedded log")
	return cmd
}

func copyFolder(ctx context.Context, c *config, folder string, out, progress io.Writer) (err error) {
	from, err := embedded.OpenReader(logPath(folder), embedded.Config{})
	if err != nil {
		return err
	}
	defer from.Close()
	if i, r := from.Partitions(events.Instrument), from.Partitions(events.Room); i != r {
		return fmt.Errorf("the log has %d partitions of instruments and %d of rooms: only logs with as many of each can be copied", i, r)
	}
	c.partitions = from.Partitions(events.Instrument)
	to, err := openLog(ctx, c, newMetrics())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	p := newProgress(progress, "log", 0, nil)
	defer p.clear()
	n, err := events.Copy(ctx, from, to, func(done, all, bytes int64) {
		p.show(float64(done)/float64(max(all, 1)), func(took time.Duration) string { return fmt.Sprintf("%.0f MB/s", float64(bytes)/1e6/took.Seconds()) })
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d records are in Kafka at the offsets that they had, with the bytes that they had\n", n)
	return err
}
