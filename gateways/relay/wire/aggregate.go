package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

// putTurnover writes the message even where the sum is zero, as Proto does.
func putTurnover(dst []byte, field protowire.Number, t instrument.Int128) []byte {
	dst, at := open(dst, field)
	return seal(putFixed(putSint(dst, 1, t.Hi), 2, t.Lo), at)
}

func putStats(dst []byte, s *instrument.Stats) []byte {
	dst = putInt(dst, 1, s.Session)
	dst = putSint(dst, 2, s.Open)
	dst = putSint(dst, 3, s.High)
	dst = putSint(dst, 4, s.Low)
	dst = putSint(dst, 5, s.Last)
	dst = putSint(dst, 6, s.Volume)
	dst = putTurnover(dst, 7, s.Turnover)
	dst = putSint(dst, 8, s.BuyVolume)
	dst = putUint(dst, 9, s.Trades)
	dst = putUint(dst, 10, s.Quotes)
	return putSint(dst, 11, s.PreviousClose)
}

func putBar(dst []byte, id string, resolution int, b *instrument.Bar) []byte {
	r := outcryv1.Resolution_RESOLUTION_1S
	if resolution == instrument.Minute {
		r = outcryv1.Resolution_RESOLUTION_1M
	}
	dst = putString(dst, 1, id)
	dst = putUint(dst, 2, uint64(r))
	dst = putInt(dst, 3, b.Time)
	dst = putSint(dst, 4, b.Open)
	dst = putSint(dst, 5, b.High)
	dst = putSint(dst, 6, b.Low)
	dst = putSint(dst, 7, b.Close)
	dst = putSint(dst, 8, b.Volume)
	dst = putTurnover(dst, 9, b.Turnover)
	dst = putSint(dst, 10, b.BuyVolume)
	dst = putUint(dst, 11, b.Trades)
	dst = putUint(dst, 12, b.FirstSeq)
	dst = putUint(dst, 13, b.LastSeq)
	dst = putUint(dst, 14, uint64(b.Revision))
	dst = putUint(dst, 15, uint64(b.State))
	dst = putBool(dst, 16, b.Dirty)
	dst = putUint(dst, 17, b.BarSeq)
	dst = putInt(dst, 18, b.ClockUs)
	dst = putInt(dst, 19, b.OpenTimeNs)
	return putInt(dst, 20, b.CloseTimeNs)
}
