package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// recording is one file that is played; event is its next one, nil at its end.
type recording struct {
	file    *os.File
	counted *countingReader
	reader  *feed.Reader
	epoch   string // hash of the content
	event   *outcryv1.IngestEvent
	// at is when the event was recorded: where the file does not say, when
	// it happened. Never before what came before it in the file; 0 before the first tick.
	at       int64
	refusals refusals
}

func (r *playlist) recording(name string, definitions feed.Definitions, errs io.Writer) (_ *recording, size int64, err error) {
	options := r.options
	options.Definitions = definitions
	if options.Format, err = formatOf(name, r.format); err != nil {
		return nil, 0, err
	}
	if options.Venue == "" && strings.HasPrefix(filepath.Base(name), "usdm") {
		options.Venue = "BINANCE-USDM"
	}
	f, epoch, size, err := openWhole(name)
	if err != nil {
		return nil, 0, err
	}
	rec := &recording{file: f, counted: &countingReader{r: f}, epoch: epoch, refusals: refusals{out: errs, name: name, clear: func() {}}}
	if rec.reader, err = feed.Open(rec.counted, name, options); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("opening %s: %w", name, err), f.Close())
	}
	return rec, size, nil
}

// formatOf tells the format by the name of a file, unless it is given.
func formatOf(name, given string) (string, error) {
	bare := strings.TrimSuffix(name, ".gz")
	switch {
	case given == "irc":
		return "", errors.New("--format irc: a room is taken in with outcry import; only ticks are played")
	case given != "":
		return given, nil
	case strings.HasSuffix(bare, ".csv"):
		return "csv", nil
	case strings.HasSuffix(bare, ".ndjson"):
		return "ndjson", nil
	case strings.HasSuffix(bare, ".jsonl"):
		return "binance", nil
	}
	return "", fmt.Errorf("%s: its name does not tell its format; give --format binance, csv or ndjson", name)
}

// next reads the next tick or definition. What cannot be read is told and counted.
func (r *recording) next() error {
	for {
		ev, err := r.reader.Next()
		var line *feed.LineError
		switch {
		case errors.As(err, &line):
			r.refusals.say(err.Error())
			continue
		case errors.Is(err, io.EOF):
			r.event = nil
			return nil
		case err != nil:
			return err
		case ev.GetRoom() != nil:
			continue // a message of another day is not talk
		}
		r.event = ev
		r.at = max(r.at, recordedAt(ev))
		return nil
	}
}

// recordedAt is 0 for a definition.
func recordedAt(ev *outcryv1.IngestEvent) int64 {
	if q := ev.GetQuote(); q != nil {
		return either(q.ReceiveTimeNs, q.EventTimeNs)
	}
	if t := ev.GetTrade(); t != nil {
		return either(t.ReceiveTimeNs, t.EventTimeNs)
	}
	return 0
}

func either(first, second int64) int64 {
	if first != 0 {
		return first
	}
	return second
}
