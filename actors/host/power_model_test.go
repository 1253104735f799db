package host

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
)

// powerBar is a bar as anybody would count it.
type powerBar struct {
	Open, High, Low, Close, Volume, Buy int64
	Trades                              uint64
	Turnover                            string
}

// model counts bars from the ticks that were sent, and compares the stored rows with them.
func (w *powerWorld) model() error {
	rows := w.store.rows()
	newest := map[string]*outcryv1.Bar{}
	for _, b := range rows.Bars {
		key := fmt.Sprint(b.Instrument, " ", b.Resolution, " ", b.Time)
		if old := newest[key]; old == nil || old.ClockUs < b.ClockUs {
			newest[key] = b
		}
	}
	got, want := map[string]powerBar{}, map[string]powerBar{}
	for key, b := range newest {
		got[key] = powerBar{b.Open, b.High, b.Low, b.Close, b.Volume, b.BuyVolume, b.Trades,
			decimal.Format128(b.GetTurnover().GetHi(), b.GetTurnover().GetLo(), 0)}
	}
	for _, f := range w.feeds {
		f.bars(want, outcryv1.Resolution_RESOLUTION_1S, 1)
		f.bars(want, outcryv1.Resolution_RESOLUTION_1M, 60)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the stored bars are not those of the ticks (-want +got):\n%s", diff)
	}
	return w.modelOfTalk(rows.Messages)
}

func (f *powerFeed) bars(into map[string]powerBar, resolution outcryv1.Resolution, seconds int64) {
	for n := uint64(2); n <= f.acked; n++ {
		t := f.tick(n)
		if t.Kind != events.TradeTick {
			continue
		}
		second := t.EventTime / 1_000_000_000
		key := fmt.Sprint(f.id, " ", resolution, " ", second-second%seconds)
		b, ok := into[key]
		if !ok {
			b = powerBar{Open: t.Price, High: t.Price, Low: t.Price, Turnover: "0"}
		}
		b.High, b.Low, b.Close = max(b.High, t.Price), min(b.Low, t.Price), t.Price
		b.Volume += t.Size
		if t.Side == uint8(outcryv1.Side_SIDE_BUY) {
			b.Buy += t.Size
		}
		b.Trades++
		var turnover int64
		fmt.Sscan(b.Turnover, &turnover)
		b.Turnover = fmt.Sprint(turnover + t.Price*t.Size)
		into[key] = b
	}
}

func (w *powerWorld) modelOfTalk(rows []*outcryv1.Message) error {
	got, want := map[string]string{}, map[string]string{}
	for _, m := range rows {
		got[fmt.Sprint(m.Room, " ", m.Seq)] = string(m.GetText().GetData())
	}
	for _, r := range w.rooms {
		for n, seq := range r.seqs {
			want[fmt.Sprint(r.id, " ", seq)] = map[bool]string{true: "", false: fmt.Sprint(n)}[n == 0]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the stored messages are not those that were acknowledged (-want +got):\n%s", diff)
	}
	return nil
}
