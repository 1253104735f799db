package sqlite

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	outcrydecimal "outcry/internal/decimal"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// shell is a connection of its own, as the sqlite3 shell has one.
func shell(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := connect(path, 1, "query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// ask gives an answer as the shell prints it: values joined by |, NULL as nothing.
func ask(db *sql.DB, query string, args ...any) (string, error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		words := make([]string, len(values))
		for i, v := range values {
			if v != nil {
				words[i] = fmt.Sprint(v)
			}
		}
		lines = append(lines, strings.Join(words, "|"))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

// An analyst who reads a rounded price in a view trusts none of them again.
func TestViewsShowDecimalsExactly(t *testing.T) {
	db := shell(t, filepath.Join(t.TempDir(), "empty.db"))
	check := func(t rapid.TB, mantissa any, exponent int, want string) {
		got, err := ask(db, "SELECT "+decimal("m", "e")+" FROM (SELECT ? AS m, ? AS e)", mantissa, exponent)
		if err != nil || got != want {
			t.Fatalf("%v e%d is shown as %q, %v; want %q", mantissa, exponent, got, err, want)
		}
	}
	check(t, "0", 1, "0") // text, as wide numbers are stored, was compared with the number 0
	rapid.Check(t, func(t *rapid.T) {
		mantissa := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-200, 200), rapid.SampledFrom([]int64{0, math.MinInt64, math.MaxInt64})).Draw(t, "mantissa")
		exponent := rapid.IntRange(-40, 10).Draw(t, "exponent")
		check(t, mantissa, exponent, outcrydecimal.Format(mantissa, int32(exponent)))
		wide := &outcryv1.Int128{Hi: rapid.Int64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		check(t, digits(wide), exponent, outcrydecimal.Format128(wide.Hi, wide.Lo, int32(exponent)))
	})
}

// A time that is shown wrongly is searched for in the wrong hour.
func TestViewsShowTimesInUTCBeforeAndAfter1970(t *testing.T) {
	db := shell(t, filepath.Join(t.TempDir(), "empty.db"))
	for _, c := range []struct {
		time     any
		decimals int
		want     string
	}{
		{1723161600, 0, "2024-08-09T00:00:00Z"},
		{1723161599999999999, 9, "2024-08-08T23:59:59.999999999Z"},
		{-1, 9, "1969-12-31T23:59:59.999999999Z"},
		{-1000000, 6, "1969-12-31T23:59:59.000000Z"},
		{1500000, 6, "1970-01-01T00:00:01.500000Z"},
		{nil, 9, ""},
	} {
		got, err := ask(db, "SELECT "+moment("t", c.decimals)+" FROM (SELECT ? AS t)", c.time)
		if err != nil || got != c.want {
			t.Errorf("%v is shown as %q, %v; want %q", c.time, got, err, c.want)
		}
	}
}

func filled(t testing.TB) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a folder #1?%20", "rows.db")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	s = opened(t, path, Config{Lineage: "l"})
	bid, size, bar := int64(6183763000000), int64(150000000), func(at int64, state outcryv1.BarState) *outcryv1.Bar {
		return &outcryv1.Bar{Instrument: "BINANCE:BTCUSDT", Resolution: outcryv1.Resolution_RESOLUTION_1M, Time: at, Open: 6183763000000, High: 6190000000000,
			Low: 6183763000000, Close: 6184000000000, Volume: 1500000000, Turnover: &outcryv1.Int128{Hi: 502, Lo: 1}, BuyVolume: 1, Trades: 3,
			FirstSeq: 1, LastSeq: 9, State: state, BarSeq: uint64(state) - 1, ClockUs: 1}
	}
	message := func(seq uint64, kind outcryv1.MessageKind, user, text string) *outcryv1.Message {
		m := &outcryv1.Message{Room: "lobby", Seq: seq, ChangeSeq: seq, Kind: kind, User: user, EventTimeNs: 1723161600_000000000 + int64(seq)*1e9}
		if text != "" {
			m.Text = &outcryv1.Text{Data: []byte(text), Characters: uint32(len(text))}
		}
		return m
	}
	hello, gone := message(2, outcryv1.MessageKind_MESSAGE_KIND_POST, "ann", "who sells?"), message(4, outcryv1.MessageKind_MESSAGE_KIND_POST, "bob", "")
	hello.Reactions, gone.Deleted = []*outcryv1.Reaction{{Emoji: "👍", Users: []string{"bob", "cyd"}}, {Emoji: "🦊", Users: []string{"cyd"}}}, true
	reply := message(3, outcryv1.MessageKind_MESSAGE_KIND_POST, "bob", "I do")
	reply.ReplyTo, reply.ThreadRoot = 2, 2
	err := s.Write(t.Context(), &projections.Rows{
		Latest: []*outcryv1.Latest{{Instrument: "BINANCE:BTCUSDT", Seq: 12, Definition: &outcryv1.Definition{PriceExponent: -8, SizeExponent: -8, TickSize: 1000000, Currency: "USDT"},
			Quote: &outcryv1.Quote{BidPrice: &bid, BidSize: &size, EventTimeNs: 1723161600123456789},
			Trade: &outcryv1.Trade{Price: bid, Size: 5, Side: outcryv1.Side_SIDE_BUY, TradeId: "77", EventTimeNs: 1723161600000000000}}},
		Bars: []*outcryv1.Bar{bar(1723161540, outcryv1.BarState_BAR_STATE_CLOSED), bar(1723161600, outcryv1.BarState_BAR_STATE_FORMING)},
		Blocks: []*outcryv1.TickBlock{{Instrument: "BINANCE:BTCUSDT", Day: 19944, FirstSeq: 1, LastSeq: 9, Ticks: 9,
			FirstTimeNs: 1723161540000000000, LastTimeNs: 1723161599000000000, Data: []byte("columns")}},
		Messages: []*outcryv1.Message{message(1, outcryv1.MessageKind_MESSAGE_KIND_JOIN, "ann", ""), hello, reply, gone},
		Members: []*outcryv1.Member{{Room: "lobby", User: "ann", Present: true, Role: outcryv1.Role_ROLE_OWNER, Seq: 1},
			{Room: "lobby", User: "bob", Role: outcryv1.Role_ROLE_MEMBER, Seq: 5}},
		Rooms: []*outcryv1.Room{{Room: "lobby", HeadSeq: 5, Members: 1, Messages: 3, Settings: &outcryv1.RoomSettings{Title: "The lobby"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

// The page promises that these queries work and what they answer; people copy them from there.
func TestQueriesOfTheFormatPageAnswerAsItSays(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/sqlite.md")
	if err != nil {
		t.Fatal(err)
	}
	_, path := filled(t) // still open: the shell reads while we serve
	db := shell(t, path)
	examples := strings.Split(string(page), "```sql\n")[1:]
	if len(examples) < 5 {
		t.Fatalf("only %d examples found", len(examples))
	}
	for _, example := range examples {
		query, rest, _ := strings.Cut(example, "```\n")
		want, ok := strings.CutPrefix(rest, "```text\n")
		if !ok {
			t.Errorf("an example says no answer: %s", query)
			continue
		}
		want, _, _ = strings.Cut(want, "```")
		got, err := ask(db, query)
		if err != nil || got != strings.TrimSpace(want) {
			t.Errorf("%s answers %v\n%s\nthe page says\n%s", query, err, got, want)
		}
	}
}

// A column that the page does not name is one that nobody may rely on.
func TestTheFormatPageNamesEveryTableViewAndColumn(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/sqlite.md")
	if err != nil {
		t.Fatal(err)
	}
	_, path := filled(t)
	names, err := ask(shell(t, path), `SELECT DISTINCT c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c WHERE s.type = 'table'
		UNION SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(names, "\n") {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/formats/sqlite.md does not name %s", name)
		}
	}
}
