package binance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"outcry/internal/decimal"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// definitions by instrument: how its numbers are read.
type definitions map[string]*outcryv1.Definition

// Definition implements feed.Definitions.
func (d definitions) Definition(id string) (*outcryv1.Definition, bool, error) {
	if d[id] == nil {
		return nil, false, fmt.Errorf("instrument %s is not followed", id)
	}
	return d[id], false, nil
}

// prepare asks the exchange for the symbols and the server for what it has of
// them. It gives the definitions that the server does not have as they are.
func (f *Feed) prepare(ctx context.Context) (fresh []*outcryv1.IngestEvent, err error) {
	infos, err := f.symbols(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range f.config.Symbols {
		ids = append(ids, f.config.instrument(s))
	}
	known := map[string]*outcryv1.Latest{}
	for some := range slices.Chunk(ids, 500) {
		answer, err := f.server.Latest(ctx, &outcryv1.LatestRequest{Instruments: some})
		if err != nil {
			return nil, fmt.Errorf("asking the server for what it has: %w", err)
		}
		for _, l := range answer.Instruments {
			known[l.Instrument] = l
		}
	}
	for i, id := range ids {
		accepted := known[id].GetDefinition()
		d := define(accepted, infos[f.config.Symbols[i]])
		f.definitions[id] = d
		f.resume[id] = resumeOf(known[id])
		_, has := infos[f.config.Symbols[i]]
		if !proto.Equal(d, accepted) && (has || infos == nil) {
			fresh = append(fresh, definition(id, d))
		}
	}
	return fresh, nil
}

func definition(id string, d *outcryv1.Definition) *outcryv1.IngestEvent {
	return &outcryv1.IngestEvent{Id: id, Event: &outcryv1.IngestEvent_Tape{
		Tape: &outcryv1.TapeEvent{Event: &outcryv1.TapeEvent_Definition{Definition: d}}}}
}

// resume is the newest trade that a feed passed on before this one; no id where
// the newest came another way, as from a capture, whose sequences are lines.
type resume struct {
	id uint64
	at int64 // event time, ns
}

func resumeOf(l *outcryv1.Latest) resume {
	if t := l.GetTrade(); t != nil && t.TradeId == fmt.Sprint(t.SourceSeq) {
		return resume{t.SourceSeq, t.EventTimeNs}
	}
	return resume{}
}

// symbols checks that the exchange has all of them. Where it can't be asked they are believed.
func (f *Feed) symbols(ctx context.Context) (map[string]symbolInfo, error) {
	if f.rest == nil {
		f.tell(Notice{Kind: "unchecked", Text: "no REST URL: the symbols are not checked, and trades that are missed can't be fetched"})
		return nil, nil
	}
	asking, cancel := context.WithTimeout(ctx, restTime) // an exchange that wants more patience is not waited for
	defer cancel()
	infos, names, err := f.rest.symbols(asking, f.config.Symbols)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f.tell(Notice{Kind: "unchecked", Text: fmt.Sprintf("the symbols are not checked: %v", err)})
		return nil, nil
	}
	var wrong []string
	for _, s := range f.config.Symbols {
		info, ok := infos[s]
		switch {
		case !ok:
			wrong = append(wrong, s+alike(s, names))
		case info.Status != "" && info.Status != "TRADING":
			f.tell(Notice{Kind: "unchecked", Instrument: f.config.instrument(s), Text: fmt.Sprintf("%s is not trading now (%s)", s, info.Status)})
		}
	}
	if len(wrong) == 0 {
		return infos, nil
	}
	err = fmt.Errorf("the exchange's market %s has no symbol %s", f.config.Market, strings.Join(wrong, ", no "))
	if !f.options.SkipWrong {
		return nil, &finalError{err}
	}
	f.tell(Notice{Kind: "wrong", Text: err.Error()})
	return infos, nil
}

// alike suggests up to three symbols that begin as the wrong one does.
func alike(wrong string, names []string) string {
	var found []string
	for n := len(wrong); n >= 3 && len(found) == 0; n-- {
		for _, name := range names {
			if strings.HasPrefix(name, wrong[:n]) && len(found) < 3 {
				found = append(found, name)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " (there is " + strings.Join(found, ", ") + ")"
}

// define gives an instrument's definition: what was accepted before with the
// exchange's steps in it, or a new one whose exponents leave room for finer steps.
func define(accepted *outcryv1.Definition, info symbolInfo) *outcryv1.Definition {
	var tick, step string
	for _, f := range info.Filters {
		switch f.Type {
		case "PRICE_FILTER":
			tick = f.TickSize
		case "LOT_SIZE":
			step = f.StepSize
		}
	}
	d := &outcryv1.Definition{PriceExponent: feed.AutoExponent, SizeExponent: feed.AutoExponent, Calendar: "24x7"}
	switch {
	case accepted != nil:
		d = proto.CloneOf(accepted)
	case info.Symbol != "":
		d.PriceExponent = min(feed.AutoExponent, -places(tick))
		d.SizeExponent = sizeExponent(places(step))
	}
	if d.Currency == "" {
		d.Currency = info.Quote
	}
	d.TickSize = mantissa(tick, d.PriceExponent, d.TickSize)
	d.SizeStep = mantissa(step, d.SizeExponent, d.SizeStep)
	return d
}

// sizeExponent leaves three decimal places more than the step has: steps get
// finer at times. It does not take eight of every size, as imports do: a day's volume of a coin that is
// counted in whole billions would not fit.
func sizeExponent(places int32) int32 {
	return min(max(feed.AutoExponent, -places-3), -places)
}

// places after the point that are not zero at the end.
func places(number string) int32 {
	_, after, _ := strings.Cut(number, ".")
	return int32(min(len(strings.TrimRight(after, "0")), 18))
}

func mantissa(text string, exponent int32, otherwise int64) int64 {
	m, err := decimal.Parse(text, exponent)
	if err != nil || m < 0 {
		return otherwise // the exchange did not say, or it is finer than was accepted
	}
	return m
}
