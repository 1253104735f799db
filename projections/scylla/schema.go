package scylla

import (
	"fmt"
	"strings"
	"time"

	"github.com/scylladb/gocqlx/v2/table"
)

// version of the schema in this package. Keyspaces of version 1, whose bars lay
// elsewhere, were never released; they are refused, see admit.
const version = 2

// column is one column of a table.
type column struct{ name, kind string }

// definition of a table.
type definition struct {
	name            string
	columns         []column
	partKey, sort   []string
	descending      string // the sort column that runs backwards
	windowed, short bool   // windows of time that expire; rows that are deleted
}

func columns(list string) (all []column) {
	for _, c := range strings.Split(list, ",") {
		words := strings.Fields(c)
		all = append(all, column{words[0], strings.Join(words[1:], " ")})
	}
	return all
}

func list(names string) []string { return strings.Fields(names) }

// tables of version 2. docs/formats/keyspace.md describes them.
var tables = []definition{
	{name: "latest", partKey: list("bucket"), sort: list("instrument"), columns: columns(`bucket int, instrument text, seq bigint, clock_us bigint, holds int,
		price_exponent int, size_exponent int, tick_size bigint, size_step bigint, currency text, calendar text, description text,
		quote_event_ns bigint, quote_receive_ns bigint, quote_source_seq bigint, bid_price bigint, bid_size bigint,
		ask_price bigint, ask_size bigint, quote_venue text, quote_conditions text,
		trade_event_ns bigint, trade_receive_ns bigint, trade_source_seq bigint, trade_price bigint, trade_size bigint,
		trade_side text, trade_id text, trade_venue text, trade_conditions text,
		session bigint, session_open bigint, session_high bigint, session_low bigint, session_last bigint, session_volume bigint,
		session_turnover text, session_buy_volume bigint, session_trades bigint, session_quotes bigint, previous_close bigint,
		status text, status_reason text, cancels bigint, duplicates bigint, late bigint, gaps bigint`)},
	{name: "bars", partKey: list("part resolution bucket"), sort: list("instrument time"), columns: columns(`part int, resolution text,
		bucket bigint, instrument text, time bigint, open bigint, high bigint, low bigint, close bigint, volume bigint, turnover text, buy_volume bigint,
		trades bigint, first_seq bigint, last_seq bigint, revision bigint, state text, dirty boolean, bar_seq bigint, clock_us bigint,
		open_time_ns bigint, close_time_ns bigint, marked_us bigint`)},
	{name: "bar_seqs", partKey: list("instrument resolution"), sort: list("seqs bucket"),
		columns: columns(`instrument text, resolution text, seqs bigint, bucket bigint`)},
	{name: "tick_blocks", partKey: list("instrument day"), sort: list("first_seq"), windowed: true,
		columns: columns(`instrument text, day int, first_seq bigint, last_seq bigint, ticks bigint, first_time_ns bigint,
		last_time_ns bigint, clock_us bigint, data blob`)},
	{name: "blocks_by_seq", partKey: list("instrument bucket"), sort: list("first_seq"), windowed: true,
		columns: columns(`instrument text, bucket bigint, first_seq bigint, last_seq bigint, day int`)},
	{name: "messages", partKey: list("room bucket"), sort: list("seq"), descending: "seq", columns: columns(`room text, bucket bigint,
		seq bigint, kind text, user text, clock_us bigint, event_time_ns bigint, text text, text_sealed blob, text_key_id bigint,
		text_characters bigint, client_msg_id blob, reply_to bigint, thread_root bigint, also_replies_to text, target_seq bigint,
		emoji text, role text, settings text, deleted boolean, edited_us bigint, reactions text, change_seq bigint, imported boolean`)},
	{name: "room_members", partKey: list("room"), sort: list("user"),
		columns: columns(`room text, user text, role text, present boolean, seq bigint, clock_us bigint`)},
	{name: "user_rooms", partKey: list("user"), sort: list("room"), columns: columns(`user text, room text, present boolean, seq bigint`)},
	{name: "rooms", partKey: list("room"),
		columns: columns(`room text, head_seq bigint, members bigint, messages bigint, settings text, clock_us bigint`)},
	{name: "names", partKey: list("kind part"), sort: list("name"), columns: columns(`kind text, part int, name text`)},
	{name: "buckets", partKey: list("kind id"), sort: list("bucket"), columns: columns(`kind text, id text, bucket bigint`)},
	{name: "snapshot_parts", partKey: list("kind shard at_offset writer part"), sort: list("chunk"), short: true,
		columns: columns(`kind text, shard int, at_offset bigint, writer text, part int, chunk int, size bigint static, data blob`)},
	{name: "parts", partKey: list("kind shard"), sort: list("at_offset writer part"), short: true,
		columns: columns(`kind text, shard int, at_offset bigint, writer text, part int`)},
	{name: "checkpoints", partKey: list("kind shard"), sort: list("at_offset writer"), descending: "at_offset", short: true,
		columns: columns(`kind text, shard int, at_offset bigint, writer text, checksum text, hash text, lineage text, time_ns bigint, parts text`)},
}

// create gives the table's statement.
func (d definition) create(c *Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s.%s (", c.Keyspace, d.name)
	for _, col := range d.columns {
		fmt.Fprintf(&b, "%s %s, ", col.name, col.kind)
	}
	fmt.Fprintf(&b, "PRIMARY KEY ((%s)%s))", strings.Join(d.partKey, ", "), prefixed(d.sort))
	with := []string{}
	if d.descending != "" {
		with = append(with, "CLUSTERING ORDER BY ("+d.order()+")")
	}
	return b.String() + " WITH " + strings.Join(append(with, d.settings(c)...), " AND ")
}

func prefixed(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", " + strings.Join(names, ", ")
}

func (d definition) order() string {
	var order []string
	for _, name := range d.sort {
		direction := " ASC"
		if name == d.descending {
			direction = " DESC"
		}
		order = append(order, name+direction)
	}
	return strings.Join(order, ", ")
}

// settings of the table: how it is compacted, and when rows go.
func (d definition) settings(c *Config) []string {
	switch {
	case d.windowed:
		return c.windows()
	case d.short:
		// A deleted row that comes back after a long outage of a node is pruned again.
		return []string{"compaction = {'class': 'LeveledCompactionStrategy'}", "gc_grace_seconds = 3600"}
	}
	return []string{"compaction = {'class': 'LeveledCompactionStrategy'}"}
}

// windows: a table of disk holds the rows of one window, and goes as a whole when all have expired.
func (c *Config) windows() []string {
	unit, size := "MINUTES", int64(c.BlockWindow/time.Minute)
	switch {
	case c.BlockWindow%(24*time.Hour) == 0:
		unit, size = "DAYS", int64(c.BlockWindow/(24*time.Hour))
	case c.BlockWindow%time.Hour == 0:
		unit, size = "HOURS", int64(c.BlockWindow/time.Hour)
	}
	grace, look := min(c.BlockWindow, 3*time.Hour), min(c.BlockWindow/2, 10*time.Minute)
	return []string{
		fmt.Sprintf("compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': '%s', 'compaction_window_size': '%d', 'expired_sstable_check_frequency_seconds': '%d'}",
			unit, size, int64(look/time.Second)),
		fmt.Sprintf("default_time_to_live = %d", int64(c.BlockTTL/time.Second)),
		fmt.Sprintf("gc_grace_seconds = %d", int64(grace/time.Second)),
	}
}

// metadata for gocqlx's builders.
func (d definition) metadata(keyspace string) table.Metadata {
	m := table.Metadata{Name: keyspace + "." + d.name, PartKey: d.partKey, SortKey: d.sort}
	for _, c := range d.columns {
		m.Columns = append(m.Columns, c.name)
	}
	return m
}
