package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"outcry/events/embedded"
)

func newLogCheck() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{Use: "check", Short: "Verify every checksum and offset; name damage with its place", Args: needArgs(0, 0, ""),
		Long: `Verify every checksum and offset of the log and name damage with segment and byte.
Changes nothing, and may run beside a server: it says so, and looks at what was
there when it began. Exit code 1 where there is damage.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := checkLog(cmd.ErrOrStderr(), data)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			} else {
				err = printReport(cmd.OutOrStdout(), report)
			}
			return errors.Join(err, damageOf(report))
		}}
	cmd.Flags().StringVar(&data, "data", envOr("OUTCRY_DATA", defaultData()), "data folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checkLog shows how far it is, since a large log takes its time.
func checkLog(progress io.Writer, data string) (embedded.Report, error) {
	p := newProgress(progress, "log", 0, nil)
	defer p.clear()
	return embedded.Check(logPath(data), embedded.OS{}, func(done, total int64) {
		p.show(float64(done)/float64(max(total, 1)), func(took time.Duration) string {
			return fmt.Sprintf("%.0f MB/s", float64(done)/1e6/took.Seconds())
		})
	})
}

func printReport(w io.Writer, r embedded.Report) error {
	_, err := fmt.Fprintf(w, "lineage   %s\nsegments  %d, %d bytes\nrecords   %d in %d groups, %d bytes of payload\n",
		r.Lineage, r.Segments, r.Bytes, r.Records, r.Groups, r.Payload)
	say := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format+"\n", args...)
		}
	}
	if r.InUse {
		say("in use    by %s: what it writes from now on is not in this report", process(r.PID))
	}
	switch {
	case r.Torn != nil && r.InUse:
		say("under way %d bytes after the last whole group, from %s byte %d on: being written, acknowledged when they are durable",
			r.TornBytes, r.Torn.Segment, r.Torn.Byte)
	case r.Torn != nil:
		say("torn      %d bytes after the last whole group, from %s byte %d on: never acknowledged, cut off at the next start",
			r.TornBytes, r.Torn.Segment, r.Torn.Byte)
	}
	for _, name := range r.Indexes {
		say("index     %s is missing or damaged: it is made again when needed", name)
	}
	for _, d := range r.Damages {
		say("damage    %v", d)
	}
	if r.More > 0 {
		say("damage    in %d more places", r.More)
	}
	if len(r.Damages) == 0 {
		say("The log is whole.")
	}
	return err
}

func process(pid int) string {
	if pid == 0 {
		return "a running server"
	}
	return fmt.Sprintf("the running server with process id %d", pid)
}

// damageOf is the error of a damaged log.
func damageOf(r embedded.Report) error {
	if len(r.Damages) == 0 {
		return nil
	}
	return fmt.Errorf("the log is damaged in %d places, first: %w", len(r.Damages)+r.More, r.Damages[0])
}
