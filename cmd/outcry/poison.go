package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"outcry/events/pipeline/poison"
	"outcry/events/pipeline/topics"
)

func newPoison() *cobra.Command {
	cmd := &cobra.Command{Use: "poison", Short: "See and settle messages that no pipeline could take", Args: needArgs(0, 0, ""),
		Long: `See and settle messages that no pipeline could take. They wait in the topic
outcry.poison, with the reason and where they came from.

Mend what is wrong, then replay them: they go to their topic again, and get into
the log once however often that is done. Or drop them.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return misuse(cmd, "say what to do: list, show, replay or drop")
		}}
	cmd.AddCommand(newPoisonList(), newPoisonShow(),
		newPoisonSettle("replay", "Send messages to their topics again", poison.Replayed, (*topics.Topics).Replay),
		newPoisonSettle("drop", "Settle messages without them", poison.Dropped, (*topics.Topics).Drop))
	return cmd
}

// poisonFlags are of all commands: where the topic is, and which entries are meant.
type poisonFlags struct {
	config *config
	filter poison.Filter
}

func (p *poisonFlags) flags(cmd *cobra.Command) {
	p.config = newConfig()
	p.config.flags(cmd, "data", "log_level", "raw.", "log.kafka.")
	f := cmd.Flags()
	f.StringVar(&p.filter.Topic, "topic", "", "only those of this raw topic")
	f.StringVar(&p.filter.Pipeline, "pipeline", "", "only those of this pipeline")
	f.StringVar(&p.filter.Stage, "stage", "", "only those that this stage refused (a part of its name)")
	f.StringVar(&p.filter.Reason, "reason", "", "only those with this in their reason")
}

// open connects and reads the list.
func (p *poisonFlags) open(cmd *cobra.Command) (*topics.Topics, *poison.Book, error) {
	if err := p.config.load(cmd); err != nil {
		return nil, nil, misuse(cmd, "%w", err)
	}
	if len(p.config.rawBrokers()) == 0 {
		return nil, nil, misuse(cmd, "no brokers are named: give --raw-kafka HOST:PORT, or --kafka, or their file with --config")
	}
	t, err := openTopics(p.config)
	if err != nil {
		return nil, nil, err
	}
	book, err := t.Poisoned(cmd.Context())
	if err != nil {
		return nil, nil, errors.Join(err, t.Close())
	}
	if book.Forgotten > 0 || book.Foreign > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d older messages are not shown, the newest %d are; %d records were written by no pipeline\n", book.Forgotten, book.Max, book.Foreign)
	}
	return t, book, nil
}

func newPoisonList() *cobra.Command {
	p, o, all, limit := &poisonFlags{}, &output{}, false, 1000
	cmd := &cobra.Command{Use: "list", Short: "List messages that wait", Args: needArgs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := o.check(cmd); err != nil {
				return err
			}
			t, book, err := p.open(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, t.Close()) }()
			if !all {
				p.filter.State = poison.Waiting
			}
			entries := book.Entries(p.filter)
			if n := len(entries) - limit; n > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%d older ones are left out; see them with --limit\n", n)
				entries = entries[n:]
			}
			return o.print(cmd, poisonTable(entries))
		}}
	p.flags(cmd)
	o.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "those that were replayed or dropped, too, as long as the topic has them")
	cmd.Flags().IntVar(&limit, "limit", limit, "how many at most, the newest")
	return cmd
}

func poisonTable(entries []*poison.Entry) *table {
	t := &table{columns: []string{"id", "state", "pipeline", "from", "bytes", "stage", "reason"}, right: set("id", "bytes")}
	for _, e := range entries {
		t.add(strconv.FormatInt(e.ID, 10), string(e.State), e.Record.Pipeline, e.Key, strconv.Itoa(e.Bytes), e.Record.Stage, firstLine(e.Record.Reason))
	}
	return t
}

// firstLine keeps a table readable: a reason may hold a trace of many lines.
func firstLine(text string) string {
	for i, r := range text {
		if r == '\n' || i > 160 {
			return text[:i] + "…"
		}
	}
	return text
}
