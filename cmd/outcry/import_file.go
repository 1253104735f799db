package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// fileImport sends one file.
type fileImport struct {
	*importer
	reader   *feed.Reader
	bookmark *bookmark
	request  *outcryv1.IngestRequest
	total    tally
	progress *progress
	refusals refusals
	name     string
}

func (w *fileImport) run(ctx context.Context) error {
	begun, sent := time.Now(), 0
	for {
		more, err := w.fill()
		if err != nil {
			return err
		}
		if err := w.send(ctx); err != nil {
			return err
		}
		if !more {
			return w.bookmark.remove()
		}
		sent += len(w.request.Events)
		if w.rate > 0 {
			wait := time.Until(begun.Add(time.Duration(float64(sent) / w.rate * 1e9)))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
		}
	}
}

// fill gathers the next batch, leaving out what was answered before.
func (w *fileImport) fill() (more bool, err error) {
	w.request.Events = w.request.Events[:0]
	for size := 0; len(w.request.Events) < w.batch && size < batchBytes; {
		ev, err := w.reader.Next()
		var line *feed.LineError
		switch {
		case err == nil:
			if ev.Line > w.bookmark.line {
				w.request.Events = append(w.request.Events, ev)
				size += proto.Size(ev)
			}
		case errors.As(err, &line):
			w.refusals.say(err.Error())
		case errors.Is(err, io.EOF):
			return false, nil
		default:
			return false, &fileFault{err}
		}
	}
	return true, nil
}

// batchBytes ends a batch of long lines: with one line of a megabyte more it is still below what a server takes.
const batchBytes = 8 << 20

func (w *fileImport) send(ctx context.Context) error {
	if len(w.request.Events) == 0 {
		return nil
	}
	a, err := w.client.Ingest(ctx, w.request)
	if err != nil {
		return err
	}
	w.total.answered(a)
	for _, r := range a.Refusals {
		w.refusals.say(fmt.Sprintf("%s:%d: %s: %s (%s)", w.name, r.Line, r.Id, r.Error.GetText(), codeWord(r.Error.GetCode())))
	}
	last := w.request.Events[len(w.request.Events)-1].Line
	w.progress.at(last)
	// The last line may have more inputs in the next batch: go on from the one before.
	return w.bookmark.set(last - 1)
}

func (w *fileImport) refused() uint64 { return w.total.with(w.reader.Counts()).refused }

func (w *fileImport) summary() string {
	t := w.total.with(w.reader.Counts())
	s := fmt.Sprintf("%d lines: %d accepted, %d duplicates, %d late, %d refused", t.lines, t.accepted, t.duplicates, t.late, t.refused)
	for _, what := range slices.Sorted(maps.Keys(t.ignored)) {
		s += fmt.Sprintf(", %d ignored (%s)", t.ignored[what], what)
	}
	return s
}
