package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

const defaultAdmin = "http://127.0.0.1:8081"

// sessions is what its subcommands share.
type sessions struct {
	output
	admin, data string
}

func newSessions() *cobra.Command {
	s := &sessions{}
	r, limit := &outcryv1.SessionsRequest{}, uint32(1000)
	cmd := &cobra.Command{
		Use: "sessions", Short: "See who is connected, look at one, end one", Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "unknown command %q; there are show and kick", args[0])
			}
			return nil
		},
		Long: `See who is connected to a server, those that are furthest behind first. It asks the
admin listener, which only this machine reaches.

  waiting  topics and replies to be framed, and commands that wait for their decision
  lag      how far the furthest cursor is behind its stream, in seqs
  framed   bytes framed so far; stuck: of them, those that the connection has not taken
  state    greeting (no hello yet), live, stalled (the connection takes nothing more), leaving`,
		Example: `  outcry sessions
  outcry sessions --state stalled --json
  outcry sessions show 4H2ZQTBXK3M7PAJC
  outcry sessions kick 4H2ZQTBXK3M7PAJC --reason "runs an old version"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r.Limit = limit
			return s.ask(cmd, func(ctx context.Context, c outcryv1connect.AdminClient) (*table, error) {
				return s.list(cmd, ctx, c, r)
			})
		},
	}
	s.output.flags(cmd)
	f := cmd.PersistentFlags()
	f.StringVar(&s.admin, "admin", os.Getenv("OUTCRY_ADMIN_SERVER"), "URL of the admin listener (default "+defaultAdmin+")")
	f.StringVar(&s.data, "data", "", "data folder of a server on this machine, instead of --admin")
	l := cmd.Flags()
	l.StringVar(&r.User, "user", "", "only those of this user")
	l.StringVar(&r.Transport, "transport", "", "only those over this transport: ws, grpc …")
	l.StringVar(&r.State, "state", "", "only those in this state")
	l.Uint32Var(&limit, "limit", 1000, "how many at most")
	cmd.AddCommand(s.show(), s.kick())
	return cmd
}

func (s *sessions) url() (string, error) {
	a := address{server: s.admin, data: s.data}
	if a.server == "" && a.data == "" {
		return defaultAdmin, nil
	}
	if a.server != "" {
		return a.url()
	}
	f, err := readServerFile(a.data)
	if err == nil && f.Admin == "" {
		err = fmt.Errorf("the server of %s runs without an admin listener (--admin)", a.data)
	}
	return f.Admin, err
}

// ask calls the server and prints a table.
func (s *sessions) ask(cmd *cobra.Command, fill func(context.Context, outcryv1connect.AdminClient) (*table, error)) error {
	if err := s.check(cmd); err != nil {
		return err
	}
	url, err := s.url()
	if err != nil {
		return err
	}
	t, err := fill(cmd.Context(), rpc.NewAdminClient(url))
	if rpc.Unreachable(err) {
		return fmt.Errorf("no admin listener answers at %s: say where it is with --admin or --data (%w)", url, err)
	}
	if err != nil || t == nil {
		return err
	}
	return s.print(cmd, t)
}

func (s *sessions) list(cmd *cobra.Command, ctx context.Context, c outcryv1connect.AdminClient, r *outcryv1.SessionsRequest) (*table, error) {
	a, err := c.Sessions(ctx, r)
	if err != nil {
		return nil, err
	}
	if more := a.Total - uint64(len(a.Sessions)); more > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d more are not shown; --limit shows them\n", more)
	}
	t := sessionTable()
	for _, one := range a.Sessions {
		addSession(t, one)
	}
	return t, nil
}

func sessionTable() *table {
	return &table{columns: []string{"session", "user", "address", "transport", "since", "subscriptions", "waiting", "lag", "framed", "stuck", "state"},
		right: set("subscriptions", "waiting", "lag", "framed", "stuck")}
}

func addSession(t *table, s *outcryv1.ConnectedSession) {
	t.add(s.Id, s.User, s.Address, s.Transport, time.Unix(0, s.SinceNs).UTC().Format(time.RFC3339), u64(uint64(s.Subscriptions)),
		u64(uint64(s.Waiting)), u64(s.Lag), u64(s.FramedBytes), u64(s.StuckBytes), s.State)
}

func (s *sessions) show() *cobra.Command {
	return &cobra.Command{Use: "show SESSION", Short: "Show one session's subscriptions with their books", Args: needArgs(1, 1, "a session is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.ask(cmd, func(ctx context.Context, c outcryv1connect.AdminClient) (*table, error) {
				a, err := c.Session(ctx, &outcryv1.SessionRequest{Id: args[0]})
				if err != nil {
					return nil, err
				}
				t := &table{columns: []string{"channel", "id", "resolution", "max_per_second", "cursor", "published", "delivered", "conflated", "filtered", "lost", "waiting"},
					right: set("max_per_second", "cursor", "published", "delivered", "conflated", "filtered", "lost", "waiting")}
				for _, one := range a.Topics {
					t.add(topicCells(one)...)
				}
				return t, nil
			})
		}}
}

// topicCells leave empty what is not of the topic's class.
func topicCells(t *outcryv1.SessionTopic) []string {
	resolution, rate, cursor, b := "", "", "", t.Book
	if r := t.Topic.GetResolution(); r != outcryv1.Resolution_RESOLUTION_UNSPECIFIED {
		resolution = word(r)
	}
	switch t.Topic.GetChannel() {
	case outcryv1.Channel_CHANNEL_QUOTE, outcryv1.Channel_CHANNEL_STATS, outcryv1.Channel_CHANNEL_BAR:
		rate = "at once"
		if t.MaxPerSecond > 0 {
			rate = strconv.FormatFloat(t.MaxPerSecond, 'g', 6, 64)
		}
	default:
		cursor = u64(t.Cursor)
	}
	return []string{word(t.Topic.GetChannel()), t.Topic.GetId(), resolution, rate, cursor,
		u64(b.GetPublished()), u64(b.GetDelivered()), u64(b.GetConflated()), u64(b.GetFiltered()), u64(b.GetLost()), u64(b.GetWaiting())}
}

func (s *sessions) kick() *cobra.Command {
	reason := ""
	cmd := &cobra.Command{Use: "kick SESSION…", Short: "End sessions; their clients are told that they may not come back by themselves", Args: needArgs(1, -1, "a session is"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			err := s.ask(cmd, func(ctx context.Context, c outcryv1connect.AdminClient) (*table, error) {
				t := &table{columns: []string{"session", "outcome"}}
				for _, id := range args { // one that is gone is no reason to keep the others
					outcome := "ended"
					if _, err := c.EndSession(ctx, &outcryv1.EndSessionRequest{Id: id, Reason: reason}); rpc.Unreachable(err) {
						return nil, err
					} else if err != nil {
						outcome, failed = err.Error(), errors.Join(failed, err)
					}
					t.add(id, outcome)
				}
				return t, nil
			})
			return errors.Join(err, failed)
		}}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the client and the log")
	return cmd
}
