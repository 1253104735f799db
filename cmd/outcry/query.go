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

// query is what its subcommands share.
type query struct {
	address
	output
	limit uint32
}

func newQuery() *cobra.Command {
	q := &query{}
	cmd := &cobra.Command{
		Use: "query", Short: "Ask a server for instruments, bars, trades, rooms, members and messages",
		Example: `  outcry query instruments
  outcry query bars BINANCE:BTCUSDT --resolution 1m
  outcry query bars BINANCE:BTCUSDT --resolution 1s --limit 0 --format csv > bars.csv
  outcry query messages ubuntu --limit 20`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "unknown query %q", args[0])
			}
			return misuse(cmd, "say what to query: instruments, latest, bars, trades, rooms, members or messages")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	q.output.flags(cmd)
	for _, sub := range []*cobra.Command{q.instruments(), q.latest(), q.bars(), q.trades(), q.rooms(), q.members(), q.messages()} {
		q.address.flags(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

// ask runs a query and prints its table.
func (q *query) ask(cmd *cobra.Command, fill func(context.Context, outcryv1connect.OutcryClient) (*table, error)) error {
	if err := q.check(cmd); err != nil {
		return err
	}
	client, url, err := q.client()
	if err != nil {
		return err
	}
	t, err := fill(cmd.Context(), client)
	if err != nil {
		return explain(err, url)
	}
	if t.note != "" {
		if _, err := fmt.Fprintln(cmd.ErrOrStderr(), "outcry: "+t.note); err != nil {
			return fmt.Errorf("printing: %w", err)
		}
	}
	return q.print(cmd, t)
}

func (q *query) limitFlag(cmd *cobra.Command, standard uint32) {
	cmd.Flags().Uint32Var(&q.limit, "limit", standard, "how many at most; 0 is all")
}

// wanted says how many to ask for next, of pages of at most page.
func (q *query) wanted(have int, page uint32) uint32 {
	if q.limit == 0 {
		return page
	}
	return min(page, q.limit-uint32(have))
}

func (q *query) full(have int) bool { return q.limit > 0 && have >= int(q.limit) }

func (q *query) instruments() *cobra.Command {
	cmd := &cobra.Command{Use: "instruments [PART-OF-ID]", Short: "Instruments with their newest state", Args: needArgs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				t, r := latestTable(), &outcryv1.InstrumentsRequest{Query: strings.Join(args, "")}
				for !q.full(len(t.rows)) {
					r.Limit = q.wanted(len(t.rows), 1000)
					a, err := c.Instruments(ctx, r)
					if err != nil {
						return nil, err
					}
					for _, l := range a.Instruments {
						addLatest(t, l)
						r.After = l.Instrument
					}
					if !a.More {
						break
					}
				}
				return t, nil
			})
		}}
	q.limitFlag(cmd, 1000)
	return cmd
}

func (q *query) latest() *cobra.Command {
	return &cobra.Command{Use: "latest ID…", Short: "The newest state of instruments", Args: needArgs(1, -1, "an instrument is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				a, err := c.Latest(ctx, &outcryv1.LatestRequest{Instruments: args})
				if err != nil {
					return nil, err
				}
				if len(a.Unknown) > 0 {
					return nil, fmt.Errorf("unknown instruments: %s", strings.Join(a.Unknown, ", "))
				}
				t := latestTable()
				for _, l := range a.Instruments {
					addLatest(t, l)
				}
				return t, nil
			})
		}}
}

func latestTable() *table {
	return &table{columns: []string{"instrument", "seq", "last", "bid", "ask", "open", "high", "low", "volume", "trades", "time"},
		right: set("seq", "last", "bid", "ask", "open", "high", "low", "volume", "trades")}
}

func addLatest(t *table, l *outcryv1.Latest) {
	pe, se := l.GetDefinition().GetPriceExponent(), l.GetDefinition().GetSizeExponent()
	price := func(m int64, ok bool) string {
		if !ok {
			return ""
		}
		return decimal.Trim(decimal.Format(m, pe), 2)
	}
	traded := l.GetStats().GetTrades() > 0
	at := max(l.GetQuote().GetEventTimeNs(), l.GetTrade().GetEventTimeNs())
	t.add(l.Instrument, strconv.FormatUint(l.Seq, 10), price(l.GetTrade().GetPrice(), l.Trade != nil),
		price(l.GetQuote().GetBidPrice(), l.GetQuote().GetBidPrice() != 0 || l.Quote != nil && l.Quote.BidPrice != nil),
		price(l.GetQuote().GetAskPrice(), l.Quote != nil && l.Quote.AskPrice != nil),
		price(l.GetStats().GetOpen(), traded), price(l.GetStats().GetHigh(), traded), price(l.GetStats().GetLow(), traded),
		decimal.Trim(decimal.Format(l.GetStats().GetVolume(), se), 0), strconv.FormatUint(l.GetStats().GetTrades(), 10), when(at))
}

func (q *query) rooms() *cobra.Command {
	var user string
	cmd := &cobra.Command{Use: "rooms", Short: "Rooms with their newest seq", Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.as = user
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				t, r := &table{columns: []string{"room", "head_seq", "members", "messages", "title", "topic"}, right: set("head_seq", "members", "messages")},
					&outcryv1.RoomsRequest{User: user}
				for !q.full(len(t.rows)) {
					r.Limit = q.wanted(len(t.rows), 1000)
					a, err := c.Rooms(ctx, r)
					if err != nil {
						return nil, err
					}
					for _, m := range a.Rooms {
						t.add(m.Room, u64(m.HeadSeq), u64(m.Members), u64(m.Messages), m.GetSettings().GetTitle(), m.GetSettings().GetTopic())
						r.After = m.Room
					}
					if !a.More {
						break
					}
				}
				return t, nil
			})
		}}
	q.limitFlag(cmd, 1000)
	cmd.Flags().StringVar(&user, "user", "", "only rooms in which this user is present")
	return cmd
}

func (q *query) members() *cobra.Command {
	cmd := &cobra.Command{Use: "members ROOM", Short: "Who is or was in a room", Args: needArgs(1, 1, "a room is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.ask(cmd, func(ctx context.Context, c outcryv1connect.OutcryClient) (*table, error) {
				t, r := &table{columns: []string{"user", "role", "present", "seq"}, right: set("seq")}, &outcryv1.MembersRequest{Room: args[0]}
				for !q.full(len(t.rows)) {
					r.Limit = q.wanted(len(t.rows), 1000)
					a, err := c.Members(ctx, r)
					if err != nil {
						return nil, err
					}
					for _, m := range a.Members {
						t.add(m.User, word(m.Role), strconv.FormatBool(m.Present), u64(m.Seq))
						r.After = m.User
					}
					if !a.More {
						break
					}
				}
				if len(t.rows) == 0 { // nobody, or no such room? Changes are known at once, lists a second later
					if _, err := c.Messages(ctx, &outcryv1.MessagesRequest{Room: args[0], Limit: 1}); err != nil {
						return nil, err
					}
				}
				return t, nil
			})
		}}
	q.naming(cmd)
	q.limitFlag(cmd, 1000)
	return cmd
}

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

func u64(n uint64) string { return strconv.FormatUint(n, 10) }

// when shows ns since 1970 as UTC; nothing for 0.
func when(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z")
}

// word shows an enum's value as one lower-case word: ROLE_OWNER is owner.
func word(v fmt.Stringer) string {
	s := v.String()
	return strings.ToLower(s[strings.LastIndexByte(s, '_')+1:])
}
