package events

import outcryv1 "outcry/proto/outcry/v1"

// SourceSeqOf is the source sequence that an input bears, 0 where it has none.
func SourceSeqOf(ev *outcryv1.IngestEvent) uint64 {
	switch e := ev.Event.(type) {
	case *outcryv1.IngestEvent_Quote:
		return e.Quote.GetSourceSeq()
	case *outcryv1.IngestEvent_Trade:
		return e.Trade.GetSourceSeq()
	case *outcryv1.IngestEvent_Tape:
		return e.Tape.GetSourceSeq()
	case *outcryv1.IngestEvent_Room:
		return e.Room.GetSourceSeq()
	}
	return 0
}
