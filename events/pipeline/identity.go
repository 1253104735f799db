package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"outcry/events"
	"outcry/events/pipeline/raw"
)

// IdentityHeader of a message says "EPOCH SEQUENCE", which the log then knows
// it by. Replays carry it, so that replaying twice changes nothing.
const IdentityHeader = "outcry-identity"

// epochMax in bytes; the log takes no more.
const epochMax = 128

// place gives the epoch and sequence by which the fold tells a message from others.
func (w *work) place(m *raw.Message) (epoch string, seq uint64, err error) {
	if h := m.Header(IdentityHeader); h != "" {
		return parseIdentity(h)
	}
	c := &w.program.config.Identity
	switch text := w.row["source_seq"]; {
	case c.By == byAuto && text != "", c.By == bySequence:
		if text == "" {
			return "", 0, errors.New("no source_seq, by which the pipeline's messages are identified")
		}
		if seq, err = strconv.ParseUint(text, 10, 64); err != nil || seq == 0 {
			return "", 0, fmt.Errorf("source_seq %q is not a positive integer", text[:min(len(text), 64)])
		}
		if c.Epoch != "" {
			epoch = w.row[c.Epoch]
		}
		if len(epoch) > epochMax {
			return "", 0, fmt.Errorf("the epoch in %s is longer than %d bytes", c.Epoch, epochMax)
		}
		return epoch, seq, nil
	}
	return offsetEpoch(w.batch), uint64(m.Offset) + 1, nil
}

// offsetEpoch names a partition of a topic that may be deleted and made again.
func offsetEpoch(b *raw.Batch) string { return fmt.Sprintf("%s/%d", b.Epoch, b.Partition) }

// identityHeader names an event as the log knows it.
func identityHeader(o *Outcome) string {
	return fmt.Sprintf("%s %d", o.Epoch, events.SourceSeqOf(o.Event))
}

// replayBlock is how many offsets share an epoch of replays: as many as the
// fold's window tells exactly, so that they may be replayed in any order.
const replayBlock = 4096

// ReplayIdentity is the header for the replay of a message that is known not
// to be in the log. It is another identity than the first time, because the
// fold may have passed that sequence long ago.
func ReplayIdentity(b *raw.Batch, m *raw.Message) string {
	return fmt.Sprintf("replay/%s/%d %d", offsetEpoch(b), m.Offset/replayBlock, m.Offset+1)
}

func parseIdentity(header string) (epoch string, seq uint64, err error) {
	at := max(0, strings.LastIndexByte(header, ' ')) // an epoch may have blanks
	epoch = header[:at]
	seq, err = strconv.ParseUint(strings.TrimPrefix(header[at:], " "), 10, 64)
	if err != nil || seq == 0 || len(epoch) > epochMax || !utf8.ValidString(epoch) {
		return "", 0, fmt.Errorf("the header %s is not an epoch of at most %d bytes, a blank and a positive integer", IdentityHeader, epochMax)
	}
	return epoch, seq, nil
}

// identity is what the dedupe stage remembers; 0 where a message has nothing to be told by.
func (w *work) identity(m *raw.Message) (identity, error) {
	c := &w.program.config.Identity
	switch c.By {
	case byKey:
		if len(m.Key) == 0 {
			return 0, errors.New("no key, by which the pipeline's messages are identified")
		}
		return identityOf("key", string(m.Key)), nil
	case byField:
		if w.row[c.Field] == "" {
			return 0, fmt.Errorf("no %s, by which the pipeline's messages are identified", c.Field)
		}
		return identityOf("field", w.row[c.Field]), nil
	}
	epoch, seq, err := w.place(m)
	if err != nil || w.row["source_seq"] == "" {
		return 0, err
	}
	kind := "trade" // quotes and trades are counted apart
	if w.row["bid_price"] != "" || w.row["ask_price"] != "" {
		kind = "quote"
	}
	return identityOf(epoch, w.row["instrument"], kind, strconv.FormatUint(seq, 10)), nil
}
