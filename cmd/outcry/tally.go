package main

import (
	"fmt"
	"io"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// tally adds up what became of the inputs of files: of one that is imported,
// of all that are played.
type tally struct {
	lines, accepted, duplicates, late, refused uint64
	ignored                                    map[string]uint64 // lines, by what they hold
}

// answered adds what a server says of a batch.
func (t *tally) answered(a *outcryv1.IngestResponse) {
	t.accepted += a.Accepted
	t.duplicates += a.Duplicates
	t.late += a.Late
	t.refused += a.Refused
}

// with adds what the reader of a file says of its lines.
func (t tally) with(c feed.Counts) tally {
	t.lines += c.Lines
	t.refused += c.Refused
	sum := make(map[string]uint64, len(c.Ignored))
	for _, ignored := range []map[string]uint64{t.ignored, c.Ignored} {
		for what, n := range ignored {
			sum[what] += n
		}
	}
	t.ignored = sum
	return t
}

// refusalsShown bounds what is printed of a file; all are counted.
const refusalsShown = 100

// refusals prints the first ones of a file.
type refusals struct {
	out   io.Writer
	name  string
	clear func() // what stands on the line
	shown int
}

func (r *refusals) say(text string) {
	r.shown++
	r.clear()
	switch {
	case r.shown <= refusalsShown:
		fmt.Fprintln(r.out, text)
	case r.shown == refusalsShown+1:
		fmt.Fprintf(r.out, "%s: more refusals are counted, not printed\n", r.name)
	}
}
