package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// resolutions as people type them.
var resolutions = map[string]outcryv1.Resolution{
	"1s": outcryv1.Resolution_RESOLUTION_1S, "1m": outcryv1.Resolution_RESOLUTION_1M, "5m": outcryv1.Resolution_RESOLUTION_5M,
	"15m": outcryv1.Resolution_RESOLUTION_15M, "1h": outcryv1.Resolution_RESOLUTION_1H, "1d": outcryv1.Resolution_RESOLUTION_1D,
}

// newestMost is how many bars a server counts back.
const newestMost = 50_000

func (q *query) bars() *cobra.Command {
	var resolution, from, to string
	cmd := &cobra.Command{Use: "bars ID", Short: "Bars of an instrument, oldest first", Args: needArgs(1, 1, "an instrument is"),
		Long: `Bars of an instrument, oldest first: the newest --limit before --to, or all from --from on.
Times are open times in seconds since 1970 UTC; numbers have all places of the instrument.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r := &outcryv1.BarsRequest{Instrument: args[0], Resolution: resolutions[resolution]}
			if r.Resolution == 0 {
				return misuse(cmd, "unknown --resolution %q; there are 1s 1m 5m 15m 1h 1d", resolution)
			}
			var err error
			if r.From, err = moment(from); err != nil {
				return misuse(cmd, "--from: %w", err)
			}
			if r.To, err = moment(to); err != nil {
				return misuse(cmd, "--to: %w", err)
			}
			if r.From == 0 && q.limit > newestMost {
				return misuse(cmd, "--limit %d: at most the newest %d are had at once; give --from, or 0 for all", q.limit, newestMost)
			}
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) { return q.barRows(ctx, c, r) })
		}}
	q.limitFlag(cmd, 50)
	cmd.Flags().StringVar(&resolution, "resolution", "1m", "1s, 1m, 5m, 15m, 1h or 1d")
	cmd.Flags().StringVar(&from, "from", "", "first open time, RFC 3339 or seconds since 1970")
	cmd.Flags().StringVar(&to, "to", "", "end, not included")
	return cmd
}

func (q *query) barRows(ctx context.Context, c outcryv1connect.OutcryClient, r *outcryv1.BarsRequest) (*table, error) {
	t := &table{columns: []string{"time", "open", "high", "low", "close", "volume", "trades", "turnover", "buy_volume", "state"},
		right: set("open", "high", "low", "close", "volume", "trades", "turnover", "buy_volume")}
	if r.From == 0 && q.limit > 0 {
		r.CountBack = q.limit
	}
	for from := r.From; !q.full(len(t.rows)); {
		r.Limit = q.wanted(len(t.rows), 5000)
		a, err := c.Bars(ctx, r)
		if err != nil {
			return nil, err
		}
		if a.KeptFrom > from && (r.CountBack == 0 || len(a.Bars) < int(r.CountBack)) {
			t.note = fmt.Sprintf("older bars than %s are not kept: this server does not store bars of that resolution", time.Unix(a.KeptFrom, 0).UTC().Format(time.RFC3339))
		}
		pe, se := a.Definition.GetPriceExponent(), a.Definition.GetSizeExponent()
		for _, b := range a.Bars {
			state := word(b.State)
			if b.Dirty {
				state += " dirty"
			}
			t.add(strconv.FormatInt(b.Time, 10), decimal.Format(b.Open, pe), decimal.Format(b.High, pe), decimal.Format(b.Low, pe), decimal.Format(b.Close, pe),
				decimal.Format(b.Volume, se), u64(b.Trades), decimal.Format128(b.GetTurnover().GetHi(), b.GetTurnover().GetLo(), pe+se), decimal.Format(b.BuyVolume, se), state)
			r.From = b.Time + 1
		}
		if !a.More || r.CountBack > 0 {
			break
		}
	}
	return t, nil
}

// moment reads RFC 3339 or seconds; "" is 0.
func moment(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither RFC 3339 nor seconds since 1970", text)
	}
	return at.Unix(), nil
}

func (q *query) trades() *cobra.Command {
	var after uint64
	cmd := &cobra.Command{Use: "trades ID", Short: "Trades of an instrument by seq", Args: needArgs(1, 1, "an instrument is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				t := &table{columns: []string{"seq", "time", "price", "size", "side", "trade_id"}, right: set("seq", "price", "size")}
				for !q.full(len(t.rows)) {
					a, err := c.Trades(ctx, &outcryv1.TradesRequest{Instrument: args[0], AfterSeq: after, Limit: q.wanted(len(t.rows), 10_000)})
					if err != nil {
						return nil, err
					}
					pe, se := a.Definition.GetPriceExponent(), a.Definition.GetSizeExponent()
					for _, s := range a.Trades {
						t.add(u64(s.Seq), when(s.Trade.EventTimeNs), decimal.Format(s.Trade.Price, pe), decimal.Format(s.Trade.Size, se), word(s.Trade.Side), s.Trade.TradeId)
						after = s.Seq
					}
					if !a.More {
						break
					}
				}
				return t, nil
			})
		}}
	q.limitFlag(cmd, 50)
	cmd.Flags().Uint64Var(&after, "after", 0, "trades after this seq")
	return cmd
}

func (q *query) messages() *cobra.Command {
	var after, before uint64
	cmd := &cobra.Command{Use: "messages ROOM", Short: "Changes of a room by seq: the newest, or those after or before a seq", Args: needArgs(1, 1, "a room is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				t := messageTable()
				r := &outcryv1.MessagesRequest{Room: args[0], AfterSeq: after, BeforeSeq: before}
				forward := after > 0 || q.limit == 0
				if forward && after == 0 {
					r.BeforeSeq = 101 // the oldest page; further ones go on after it
				}
				for !q.full(len(t.rows)) {
					r.Limit = q.wanted(len(t.rows), 100)
					a, err := c.Messages(ctx, r)
					if err != nil {
						return nil, err
					}
					var page [][]string
					for _, m := range a.Messages {
						page = append(page, messageRow(m))
					}
					if forward {
						t.rows = append(t.rows, page...)
					} else {
						t.rows = append(page, t.rows...)
					}
					if len(a.Messages) == 0 && r.BeforeSeq == 101 && forward && a.HeadSeq > 100 { // it is read from one's joining on
						r.BeforeSeq, r.AfterSeq = 0, 100
						continue
					}
					if len(a.Messages) == 0 || !forward && a.Messages[0].Seq <= 1 {
						break
					}
					if forward {
						r.BeforeSeq, r.AfterSeq = 0, a.Messages[len(a.Messages)-1].Seq
						if r.AfterSeq >= a.HeadSeq {
							break
						}
					} else {
						r.BeforeSeq = a.Messages[0].Seq
					}
				}
				return t, nil
			})
		}}
	q.limitFlag(cmd, 50)
	q.naming(cmd)
	cmd.Flags().Uint64Var(&after, "after", 0, "changes after this seq, oldest first")
	cmd.Flags().Uint64Var(&before, "before", 0, "changes before this seq")
	return cmd
}

func messageTable() *table {
	return &table{columns: []string{"seq", "time", "user", "kind", "text", "reply_to", "reactions"}, right: set("seq", "reply_to")}
}

func messageRow(m *outcryv1.Message) []string {
	text := string(m.GetText().GetData())
	if m.Deleted {
		text = "(deleted)"
	} else if m.EditedUs > 0 {
		text += " (edited)"
	}
	return []string{u64(m.Seq), when(m.EventTimeNs), m.User, word(m.Kind), text, reference(m), reactions(m)}
}

// reference is what a change is about: the message it answers or changes.
func reference(m *outcryv1.Message) string {
	var seqs []string
	for _, s := range append([]uint64{max(m.ReplyTo, m.TargetSeq)}, m.AlsoRepliesTo...) {
		if s > 0 {
			seqs = append(seqs, u64(s))
		}
	}
	return strings.Join(seqs, " ")
}

func reactions(m *outcryv1.Message) string {
	parts := make([]string, 0, len(m.Reactions)+1)
	if m.Emoji != "" {
		parts = append(parts, m.Emoji)
	}
	for _, r := range m.Reactions {
		parts = append(parts, fmt.Sprintf("%s %d", r.Emoji, len(r.Users)))
	}
	return strings.Join(parts, ", ")
}
