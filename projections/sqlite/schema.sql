-- Version 1. Prices and sizes are integers: value = mantissa * 10^exponent,
-- with the exponents of the instrument in latest. Times end in their unit.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest state of each instrument. A part that is not known is NULL as a
-- whole; the first column of each part tells (price_exponent, quote_event_ns, …).
CREATE TABLE latest (
  instrument        TEXT PRIMARY KEY,
  seq               INTEGER NOT NULL,
  clock_us          INTEGER NOT NULL,
  price_exponent    INTEGER,
  size_exponent     INTEGER,
  tick_size         INTEGER,
  size_step         INTEGER,
  currency          TEXT,
  calendar          TEXT,
  description       TEXT,
  quote_event_ns    INTEGER,
  quote_receive_ns  INTEGER,
  quote_source_seq  INTEGER,
  bid_price         INTEGER,
  bid_size          INTEGER,
  ask_price         INTEGER,
  ask_size          INTEGER,
  quote_venue       TEXT,
  quote_conditions  TEXT,
  trade_event_ns    INTEGER,
  trade_receive_ns  INTEGER,
  trade_source_seq  INTEGER,
  trade_price       INTEGER,
  trade_size        INTEGER,
  trade_side        TEXT,
  trade_id          TEXT,
  trade_venue       TEXT,
  trade_conditions  TEXT,
  session           INTEGER, -- its start, seconds since 1970 UTC
  session_open      INTEGER,
  session_high      INTEGER,
  session_low       INTEGER,
  session_last      INTEGER,
  session_volume    INTEGER,
  session_turnover  TEXT,    -- decimal digits of a 128-bit integer
  session_buy_volume INTEGER,
  session_trades    INTEGER,
  session_quotes    INTEGER,
  previous_close    INTEGER,
  status            TEXT,
  status_reason     TEXT,
  cancels           INTEGER NOT NULL,
  duplicates        INTEGER NOT NULL,
  late              INTEGER NOT NULL,
  gaps              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bars (
  instrument    TEXT    NOT NULL,
  resolution    TEXT    NOT NULL, -- '1s' or '1m'
  time          INTEGER NOT NULL, -- open time, seconds since 1970 UTC
  open          INTEGER NOT NULL,
  high          INTEGER NOT NULL,
  low           INTEGER NOT NULL,
  close         INTEGER NOT NULL,
  volume        INTEGER NOT NULL,
  turnover      TEXT,             -- decimal digits of a 128-bit integer, at price exponent + size exponent
  buy_volume    INTEGER NOT NULL,
  trades        INTEGER NOT NULL,
  first_seq     INTEGER NOT NULL,
  last_seq      INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  state         TEXT    NOT NULL, -- 'forming', 'closed' or 'revised'
  dirty         INTEGER NOT NULL, -- 1: a cancel or a late print is not in it yet
  bar_seq       INTEGER NOT NULL, -- 0 while forming
  clock_us      INTEGER NOT NULL,
  open_time_ns  INTEGER NOT NULL,
  close_time_ns INTEGER NOT NULL,
  PRIMARY KEY (instrument, resolution, time)
) STRICT, WITHOUT ROWID;
CREATE INDEX bars_by_seq ON bars (instrument, resolution, bar_seq) WHERE bar_seq > 0;

-- With a rowid: blocks of some KB are appended, and only their keys are sorted.
CREATE TABLE tick_blocks (
  instrument    TEXT    NOT NULL,
  first_seq     INTEGER NOT NULL,
  last_seq      INTEGER NOT NULL,
  day           INTEGER NOT NULL, -- UTC day of the first tick, days since 1970
  ticks         INTEGER NOT NULL,
  first_time_ns INTEGER NOT NULL,
  last_time_ns  INTEGER NOT NULL,
  clock_us      INTEGER NOT NULL,
  data          BLOB    NOT NULL, -- packed: docs/formats/packed_blocks.md
  UNIQUE (instrument, first_seq)
) STRICT;

CREATE TABLE messages (
  room            TEXT    NOT NULL,
  seq             INTEGER NOT NULL,
  kind            TEXT    NOT NULL,
  user            TEXT    NOT NULL,
  clock_us        INTEGER NOT NULL,
  event_time_ns   INTEGER NOT NULL,
  text            ANY,              -- TEXT when plain, BLOB when encrypted, NULL when there is none
  text_key_id     INTEGER,
  text_characters INTEGER,
  client_msg_id   BLOB,
  reply_to        INTEGER NOT NULL,
  thread_root     INTEGER NOT NULL,
  also_replies_to TEXT,             -- JSON array of seqs
  target_seq      INTEGER NOT NULL,
  emoji           TEXT    NOT NULL,
  role            TEXT    NOT NULL,
  settings        TEXT,             -- JSON object
  deleted         INTEGER NOT NULL,
  edited_us       INTEGER NOT NULL,
  reactions       TEXT,             -- JSON: [{"emoji":"👍","users":["ann","bob"]}]
  change_seq      INTEGER NOT NULL,
  imported        INTEGER NOT NULL,
  PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_members (
  room     TEXT    NOT NULL,
  user     TEXT    NOT NULL,
  role     TEXT    NOT NULL,
  present  INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  clock_us INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

-- The same rows by user.
CREATE TABLE user_rooms (
  user    TEXT    NOT NULL,
  room    TEXT    NOT NULL,
  present INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
  room     TEXT PRIMARY KEY,
  head_seq INTEGER NOT NULL,
  members  INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  settings TEXT,             -- JSON object
  clock_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot_parts (
  kind      TEXT    NOT NULL,
  shard     INTEGER NOT NULL, -- partition of the log
  at_offset INTEGER NOT NULL, -- of the checkpoint that made it
  writer    TEXT    NOT NULL,
  part      INTEGER NOT NULL,
  data      BLOB    NOT NULL,
  UNIQUE (kind, shard, at_offset, writer, part)
) STRICT;

CREATE TABLE checkpoints (
  kind      TEXT    NOT NULL,
  shard     INTEGER NOT NULL,
  at_offset INTEGER NOT NULL, -- newest record that the state contains
  writer    TEXT    NOT NULL,
  checksum  TEXT    NOT NULL, -- of that record, hexadecimal
  hash      TEXT    NOT NULL, -- of the state, hexadecimal
  lineage   TEXT    NOT NULL,
  time_ns   INTEGER NOT NULL,
  parts     TEXT    NOT NULL, -- JSON: [{"offset":7,"writer":"w","part":0}]
  PRIMARY KEY (kind, shard, at_offset, writer)
) STRICT, WITHOUT ROWID;
