package path

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of proto/outcry/v1 that a Watch looks at.
const (
	frameUpdate    = 3 // ServerFrame.update
	updateSnapshot = 3 // Update.snapshot
	updateStale    = 4 // Update.stale
	updateQuote    = 5 // Update.quote, a Latest
	latestQuote    = 5
	latestTrade    = 6
	tickEventTime  = 2 // of Quote and Trade
)

var errBytes = errors.New("bytes that are no protobuf")

// EachField gives the fields of bytes in a message.
func EachField(b []byte, field func(n protowire.Number, value []byte) error) error {
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errBytes
		}
		b = b[size:]
		if typ != protowire.BytesType {
			if size = protowire.ConsumeFieldValue(n, typ, b); size < 0 {
				return errBytes
			}
			b = b[size:]
			continue
		}
		value, size := protowire.ConsumeBytes(b)
		if size < 0 {
			return errBytes
		}
		if err := field(n, value); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

// eventTime is when the newest event of an update happened; snapshot says
// that the client waited for nothing: it subscribed, or is told that no event came.
func eventTime(update []byte) (at int64, snapshot bool) {
	for len(update) > 0 {
		n, typ, size := protowire.ConsumeTag(update)
		if size < 0 {
			return at, snapshot
		}
		update = update[size:]
		if n == updateQuote && typ == protowire.BytesType {
			latest, size := protowire.ConsumeBytes(update)
			if size < 0 {
				return at, snapshot
			}
			_ = EachField(latest, func(n protowire.Number, tick []byte) error {
				if n == latestQuote || n == latestTrade {
					at = max(at, EventTime(tick))
				}
				return nil
			}) // what is broken has no time
			update = update[size:]
			continue
		}
		if n == updateSnapshot || n == updateStale {
			snapshot = true // written only where it is
		}
		if size = protowire.ConsumeFieldValue(n, typ, update); size < 0 {
			return at, snapshot
		}
		update = update[size:]
	}
	return at, snapshot
}

// EventTime of a Quote or a Trade in bytes, ns; 0 where there is none: their first fields are numbers.
func EventTime(tick []byte) int64 {
	for len(tick) > 0 {
		n, typ, size := protowire.ConsumeTag(tick)
		if size < 0 || typ != protowire.VarintType || n > tickEventTime {
			return 0
		}
		v, m := protowire.ConsumeVarint(tick[size:])
		if m < 0 {
			return 0
		}
		if n == tickEventTime {
			return int64(v)
		}
		tick = tick[size+m:]
	}
	return 0
}
