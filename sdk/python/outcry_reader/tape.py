"""Instruments: from batches to bars of 1s and 1m, by the rules of actors/instrument."""

import bisect
from itertools import accumulate

from outcry.v1 import batch_pb2, rows_pb2, tape_pb2

from .windows import NEW, Windows

SECOND, GRACE, DAY = 10**9, 2 * 10**9, 86_400 * 10**9
WIDTHS = {rows_pb2.RESOLUTION_1S: SECOND, rows_pb2.RESOLUTION_1M: 60 * SECOND}
KEPT = 120  # bars of a resolution that trades may still change
FORMING, CLOSED, REVISED = rows_pb2.BAR_STATE_FORMING, rows_pb2.BAR_STATE_CLOSED, rows_pb2.BAR_STATE_REVISED
MOST = 2**63 - 1


def signed(n: int) -> int:
    return (n + 2**63) % 2**64 - 2**63


def column(values, rows: int, delta: bool = False) -> list[int]:
    """A packed column: empty is zero in every row; a delta column adds up, in 64 bits."""
    if not values:
        return [0] * rows
    if len(values) != rows:
        raise ValueError(f"a column of {len(values)} values for {rows} rows")
    return [signed(n) for n in accumulate(values)] if delta else list(values)


def ticks(group):
    """Yields ("quote" | "trade" | "event", row) in their order."""
    q, t = group.quotes, group.trades
    n, m = len(q.source_seq), len(t.source_seq)
    quotes = zip(column(q.source_seq, n, True), column(q.event_time_ns, n, True), column(q.bid_size, n), column(q.ask_size, n),
                 column(q.absent, n), column(q.venue, n), column(q.conditions, n))
    trades = zip(column(t.source_seq, m, True), column(t.event_time_ns, m, True), column(t.price, m, True), column(t.size, m),
                 column(t.side, m), list(t.trade_ref) or [""] * m, column(t.venue, m), column(t.conditions, m))
    sources = (("quote", quotes), ("trade", trades), ("event", iter(group.events)))
    for run in group.runs:
        kind, rows = sources[run & 3]
        for _ in range(run >> 2):
            yield kind, next(rows)


class Bar:
    def __init__(self, start: int, state: int):
        self.start, self.state, self.trades, self.volume, self.buy, self.turnover = start, state, 0, 0, 0, 0
        self.live = self.dirty = self.touched = False
        self.revision = self.bar_seq = 0

    def add(self, at: int, price: int, size: int, buy: bool, seq: int) -> None:
        if not self.trades:
            self.open = self.high = self.low = self.close = price
            self.open_at = self.close_at = at
            self.first = seq
        if at < self.open_at:
            self.open, self.open_at = price, at
        if at >= self.close_at:
            self.close, self.close_at = price, at
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.volume += size
        self.buy += size if buy else 0
        self.turnover += price * size
        self.trades += 1
        self.last = seq

    def row(self, instrument: str, resolution: int) -> rows_pb2.Bar:
        return rows_pb2.Bar(
            instrument=instrument, resolution=resolution, time=self.start // SECOND, open=self.open, high=self.high, low=self.low,
            close=self.close, volume=self.volume, turnover=rows_pb2.Int128(hi=self.turnover >> 64, lo=self.turnover & (2**64 - 1)),
            buy_volume=self.buy, trades=self.trades, first_seq=self.first, last_seq=self.last, revision=self.revision, state=self.state,
            dirty=self.dirty, bar_seq=self.bar_seq, open_time_ns=self.open_at, close_time_ns=self.close_at)


class Ring:
    """The newest bars of one resolution, and those that have left."""

    def __init__(self, width: int):
        self.width, self.versions, self.due = width, 0, 0
        self.starts: list[int] = []  # ascending, of what is kept
        self.bars: dict[int, Bar] = {}
        self.left: dict[int, Bar] = {}

    def find(self, at: int) -> Bar | None:
        return self.bars.get(at - at % self.width)

    def forgot(self, at: int) -> bool:
        return len(self.starts) == KEPT and at - at % self.width < self.starts[0]

    def make(self, at: int) -> Bar:
        start = at - at % self.width
        if len(self.starts) == KEPT:
            oldest = self.bars.pop(self.starts.pop(0))
            if oldest.state == FORMING or oldest.touched:
                self.version(oldest)
            self.left[oldest.start] = oldest
        i = bisect.bisect(self.starts, start)
        self.starts.insert(i, start)
        later = self.starts[i + 1:i + 2]  # where the next one is closed, this one closed empty with it
        self.bars[start] = Bar(start, CLOSED if later and self.bars[later[0]].state != FORMING else FORMING)
        return self.bars[start]

    def version(self, bar: Bar) -> None:
        if bar.state == FORMING:
            bar.state = CLOSED
        else:
            bar.state, bar.revision = REVISED, bar.revision + 1
        self.versions += 1
        bar.bar_seq, bar.touched = self.versions, False

    def settle(self, now: int) -> None:
        """A live bar closes a grace after its end, an import's when there is a later one."""
        self.due = 0
        for start in self.starts:
            bar, due = self.bars[start], start + self.width + GRACE
            over = now >= due if bar.live else start != self.starts[-1]
            if bar.state == FORMING and over or bar.state != FORMING and bar.touched:
                self.version(bar)
            elif bar.state == FORMING:
                bar.touched = False
                if bar.live:
                    self.due = min(self.due or due, due)


class Instrument:
    def __init__(self, id: str):
        self.id, self.seq, self.definition = id, 0, None
        self.windows = Windows()
        self.rings = {r: Ring(width) for r, width in WIDTHS.items()}
        self.day, self.volume = None, 0  # of the newest session

    def bars(self):
        for resolution, ring in self.rings.items():
            for start, bar in sorted({**ring.left, **ring.bars}.items()):
                yield bar.row(self.id, resolution)

    def advance(self, now: int) -> None:
        """The log's time has come so far."""
        if any(r.due and now >= r.due for r in self.rings.values()):
            self.settle(now)

    def settle(self, now: int) -> None:
        for ring in self.rings.values():
            ring.settle(now)

    def fold(self, batch, group) -> None:
        self.advance(batch.ingest_time_ns)
        self.batch, self.now, self.touched = batch, batch.ingest_time_ns, False
        for kind, row in ticks(group):
            getattr(self, "on_" + kind)(row)
        if self.touched:
            self.settle(self.now)

    def new(self, kind: str, seq: int) -> bool:
        return self.windows.see((self.batch.source, self.batch.epoch, kind), seq) == NEW

    def sound(self, at: int, *words: int) -> bool:
        """What every tick must be; anything else is refused, and leaves no trace."""
        names = [self.batch.dictionary[w - 1] for w in words if w]
        return self.definition is not None and 0 < at <= self.now + DAY and at <= 9 * 10**18 and all(len(n.encode()) <= 128 for n in names)

    def session(self, at: int) -> None:
        if self.day is None or at // DAY > self.day:
            self.day, self.volume = at // DAY, 0

    def on_quote(self, row) -> None:
        seq, at, bid_size, ask_size, absent, venue, conditions = row
        no_bid, no_bid_size, no_ask, no_ask_size = (absent >> b & 1 for b in range(4))
        if absent > 15 or no_bid and no_ask or no_bid > no_bid_size or no_ask > no_ask_size or not self.sound(at, venue, conditions):
            return
        if bid_size < 0 and not no_bid_size or ask_size < 0 and not no_ask_size or not self.new("quote", seq):
            return
        self.seq += 1
        self.session(at)

    def on_trade(self, row) -> None:
        seq, at, price, size, side, ref, venue, conditions = row
        if not self.sound(at, venue, conditions) or size <= 0 or side > tape_pb2.SIDE_SELL or len(ref.encode()) > 128:
            return
        held = [b.volume for b in (r.find(at) for r in self.rings.values()) if b]
        if self.day == at // DAY:
            held.append(self.volume)
        if any(v + size > MOST for v in held) or not self.new("trade", seq):
            return
        self.seq += 1
        self.session(at)
        self.volume += size if self.day == at // DAY else 0
        self.touched = True
        for ring in self.rings.values():
            bar = ring.find(at)
            if bar is None and ring.forgot(at):
                self.soil(ring, at)
                continue
            bar = bar or ring.make(at)
            bar.add(at, price, size, side == tape_pb2.SIDE_BUY, self.seq)
            bar.live, bar.touched = self.batch.mode != batch_pb2.MODE_IMPORT, True

    def soil(self, ring: Ring, at: int) -> None:
        """A bar that is no longer exact: its trade was taken back, or came too late to be added."""
        if bar := ring.find(at):
            bar.dirty = bar.touched = self.touched = True
        elif (bar := ring.left.get(at - at % ring.width)) and ring.forgot(at):
            bar.dirty = True

    def on_event(self, event) -> None:
        kind, at = event.WhichOneof("event"), event.event_time_ns or self.now
        body = getattr(event, kind) if kind else None
        if not 0 < at <= min(self.now + DAY, 9 * 10**18) or body is None:
            return
        if kind == "definition":
            self.define(event, body)
        elif self.definition is None:
            return
        elif kind == "status":
            if 1 <= body.state <= 4 and len(body.reason.encode()) <= 1024 and self.new("event", event.source_seq):
                self.seq += 1
        elif len(body.trade_id.encode()) <= 128 and 0 < body.trade_time_ns <= min(self.now + DAY, 9 * 10**18) \
                and not (kind == "correction" and body.size <= 0) and self.new("event", event.source_seq):
            self.seq += 1
            for ring in self.rings.values():
                self.soil(ring, body.trade_time_ns)

    def define(self, event, d) -> None:
        d.calendar = d.calendar or "24x7"
        old = self.definition
        if d.calendar != "24x7" or not all(-18 <= e <= 9 for e in (d.price_exponent, d.size_exponent)) or min(d.tick_size, d.size_step) < 0 \
                or len(d.currency.encode()) > 128 or len(d.description.encode()) > 1024:
            return
        if old and (old.price_exponent, old.size_exponent) != (d.price_exponent, d.size_exponent):
            return
        if self.new("event", event.source_seq) and d != old:
            self.seq += 1
            self.definition = d
