package raw

import (
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

// decodeProtobuf reads one IngestEvent. Prices and sizes stay mantissas.
func decodeProtobuf(value []byte, r stage.Row) (whole *outcryv1.IngestEvent, err error) {
	ev := &outcryv1.IngestEvent{}
	if err := proto.Unmarshal(value, ev); err != nil {
		return nil, fmt.Errorf("reading protobuf: %w", err)
	}
	text(r, "instrument", ev.Id)
	switch e := ev.Event.(type) {
	case *outcryv1.IngestEvent_Quote:
		quoteFields(e.Quote, r)
		return nil, nil
	case *outcryv1.IngestEvent_Trade:
		return nil, tradeFields(e.Trade, r)
	case *outcryv1.IngestEvent_Tape:
		envelope(e.Tape.GetSourceSeq(), e.Tape.GetEventTimeNs(), e.Tape.GetReceiveTimeNs(), r)
		return ev, nil
	case *outcryv1.IngestEvent_Room:
		if e.Room.GetImported() == nil {
			return nil, errors.New("only imported messages of rooms can come by a pipeline; people's commands go through Submit")
		}
		delete(r, "instrument")
		text(r, "room", ev.Id)
		text(r, "user", e.Room.GetUser())
		text(r, "text", string(e.Room.GetImported().GetText().GetData()))
		envelope(e.Room.GetSourceSeq(), e.Room.GetEventTimeNs(), 0, r)
		return ev, nil
	}
	return nil, errors.New("neither a quote, a trade, an event of the tape nor an imported message")
}

func quoteFields(q *outcryv1.Quote, r stage.Row) {
	envelope(q.GetSourceSeq(), q.GetEventTimeNs(), q.GetReceiveTimeNs(), r)
	text(r, "venue", q.GetVenue())
	text(r, "conditions", q.GetConditions())
	for name, v := range map[string]*int64{"bid_price": q.BidPrice, "bid_size": q.BidSize, "ask_price": q.AskPrice, "ask_size": q.AskSize} {
		if v != nil {
			r[name] = strconv.FormatInt(*v, 10)
		}
	}
}

func tradeFields(t *outcryv1.Trade, r stage.Row) error {
	envelope(t.GetSourceSeq(), t.GetEventTimeNs(), t.GetReceiveTimeNs(), r)
	r["price"], r["size"] = strconv.FormatInt(t.GetPrice(), 10), strconv.FormatInt(t.GetSize(), 10)
	text(r, "venue", t.GetVenue())
	text(r, "conditions", t.GetConditions())
	text(r, "trade_id", t.GetTradeId())
	switch t.GetSide() {
	case outcryv1.Side_SIDE_BUY:
		r["side"] = "buy"
	case outcryv1.Side_SIDE_SELL:
		r["side"] = "sell"
	case outcryv1.Side_SIDE_UNSPECIFIED:
	default:
		return fmt.Errorf("side %d is unknown", t.GetSide())
	}
	return nil
}

// envelope sets what every event has; 0 is absent.
func envelope(seq uint64, event, receive int64, r stage.Row) {
	if seq != 0 {
		r["source_seq"] = strconv.FormatUint(seq, 10)
	}
	if event != 0 {
		r["time"] = strconv.FormatInt(event, 10)
	}
	if receive != 0 {
		r["receive_time"] = strconv.FormatInt(receive, 10)
	}
}

func text(r stage.Row, name, value string) {
	if value != "" {
		r[name] = value
	}
}
