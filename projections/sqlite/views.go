package sqlite

import (
	"fmt"
	"strings"
)

// decimal is an SQL expression for mantissa * 10^exponent as people write it,
// with all its places. It works on digits, so it is exact for numbers of any
// length, and needs nothing that the sqlite3 shell does not have. Exponents
// reach from -64 to 64; NULL stays NULL. The mantissa may be a number or text.
func decimal(mantissa, exponent string) string {
	expression := `CASE
    WHEN :e >= 0 THEN :m || CASE WHEN :m || '' = '0' THEN '' ELSE substr(:zeros, 1, :e) END
    ELSE CASE WHEN substr(:m, 1, 1) = '-' THEN '-' ELSE '' END ||
      substr(:padded, 1, length(:padded) + :e) || '.' || substr(:padded, :e)
    END`
	// Zeros in front, until one digit stands before the point.
	expression = strings.ReplaceAll(expression, ":padded", "(substr(:zeros, 1, max(0, 1 - :e - length(ltrim(:m, '-')))) || ltrim(:m, '-'))")
	return strings.NewReplacer(":m", mantissa, ":e", "("+exponent+")", ":zeros", "'"+strings.Repeat("0", 64)+"'").Replace(expression)
}

// moment is an SQL expression for a time since 1970 as ISO 8601 in UTC, with
// as many decimals as unit (of a second) has; NULL stays NULL.
func moment(column string, decimals int) string {
	if decimals == 0 {
		return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %s, 'unixepoch')", column)
	}
	unit := "1" + strings.Repeat("0", decimals)
	fraction := fmt.Sprintf("((%s %% %s + %s) %% %s)", column, unit, unit, unit) // never negative
	return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%S', (%s - %s) / %s, 'unixepoch') || printf('.%%0%ddZ', %s)",
		column, fraction, unit, decimals, fraction)
}

// views shows the tables as people read them. They hold nothing of their own.
func views() string {
	price := func(column string) string { return decimal(column, "price_exponent") }
	size := func(column string) string { return decimal(column, "size_exponent") }
	turnover := func(column string) string { return decimal(column, "price_exponent + size_exponent") }
	return view("v_latest", "latest", []string{
		"seq", "seq", moment("clock_us", 6), "clock",
		price("bid_price"), "bid", size("bid_size"), "bid_size", price("ask_price"), "ask", size("ask_size"), "ask_size",
		moment("quote_event_ns", 9), "quote_time",
		price("trade_price"), "last", size("trade_size"), "last_size", "trade_side", "side", "trade_id", "trade_id",
		moment("trade_event_ns", 9), "trade_time",
		moment("session", 0), "session", price("session_open"), "open", price("session_high"), "high", price("session_low"), "low",
		size("session_volume"), "volume", turnover("session_turnover"), "turnover", size("session_buy_volume"), "buy_volume",
		"session_trades", "trades", "session_quotes", "quotes", price("previous_close"), "previous_close",
		"status", "status", "currency", "currency", price("tick_size"), "tick_size", "description", "description",
	}) + view("v_bars", "bars LEFT JOIN latest USING (instrument)", []string{
		"resolution", "resolution", moment("time", 0), "time",
		price("open"), "open", price("high"), "high", price("low"), "low", price("close"), "close",
		size("volume"), "volume", turnover("turnover"), "turnover", size("buy_volume"), "buy_volume", "trades", "trades",
		"state", "state", "dirty", "dirty", "revision", "revision", "first_seq", "first_seq", "last_seq", "last_seq",
	}) + view("v_tick_blocks", "tick_blocks", []string{
		"date(day * 86400, 'unixepoch')", "day", "first_seq", "first_seq", "last_seq", "last_seq", "ticks", "ticks",
		moment("first_time_ns", 9), "first_time", moment("last_time_ns", 9), "last_time", "length(data)", "bytes",
	}) + `
CREATE VIEW v_messages AS SELECT room, seq,
  ` + moment("event_time_ns / 1000000", 3) + ` AS time,
  kind, user,
  CASE WHEN deleted THEN '(deleted)' WHEN text_key_id > 0 THEN '(encrypted)' ELSE text END AS text,
  nullif(reply_to, 0) AS reply_to, nullif(thread_root, 0) AS thread_root, nullif(target_seq, 0) AS target_seq, nullif(emoji, '') AS emoji,
  CASE WHEN edited_us <> 0 THEN ` + moment("edited_us", 6) + ` END AS edited,
  (SELECT group_concat((r.value ->> 'emoji') || ' ' || json_array_length(r.value, '$.users'), ', ') FROM json_each(reactions) AS r) AS reactions,
  ` + moment("clock_us", 6) + ` AS clock
FROM messages;
`
}

// view shows an instrument's rows; columns are pairs of an expression and its name.
func view(name, from string, columns []string) string {
	var list []string
	for i := 0; i < len(columns); i += 2 {
		list = append(list, columns[i]+" AS "+columns[i+1])
	}
	return fmt.Sprintf("\nCREATE VIEW %s AS SELECT instrument,\n  %s\nFROM %s;\n", name, strings.Join(list, ",\n  "), from)
}
