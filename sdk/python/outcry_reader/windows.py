"""Which inputs of a source are new. A source may send again whatever it likes."""

import bisect
from collections import OrderedDict

NEW, DUPLICATE, LATE = "new", "duplicate", "late"
SPAN = 4096  # newest sequences that are told exactly
HOT, COLD = 16, 4096  # sources with a window, and those of which only the highest sequence is kept
LINKS = 8192


class Window:
    """Sequences in (high - SPAN, high] are told exactly, older ones are late."""

    def __init__(self, floor: int = 0):
        self.floor = self.high = floor  # what came before this window was forgotten once
        self.top = None
        self.seen: set[int] = set()
        self.links: dict[int, tuple[int, int]] = {}  # of rooms: source sequence -> (seq, thread root)
        self.order: list[int] = []

    def see(self, seq: int) -> str:
        if seq <= self.floor:
            return LATE
        if self.top is not None and seq <= self.top:
            if self.top - seq >= SPAN:
                return LATE
            if seq in self.seen:
                return DUPLICATE
        self.top = max(self.top or 0, seq)
        self.high = max(self.high, seq)
        self.seen.add(seq)
        if len(self.seen) > 2 * SPAN:
            self.seen = {s for s in self.seen if self.top - s < SPAN}
        return NEW

    def say(self, seq: int, link: tuple[int, int]) -> None:
        if seq:
            bisect.insort(self.order, seq)
            self.links[seq] = link
            if len(self.order) > LINKS:
                del self.links[self.order.pop(0)]


class Windows:
    """A window a source, for the sources used last."""

    def __init__(self):
        self.hot: OrderedDict[tuple, Window] = OrderedDict()
        self.cold: OrderedDict[tuple, int] = OrderedDict()

    def of(self, key: tuple, seq: int) -> Window | None:
        """None: the source has been away, and all that it had sent by then is late."""
        if key in self.hot:
            self.hot.move_to_end(key)
            return self.hot[key]
        floor = self.cold.get(key, 0)
        if seq and seq <= floor:
            return None
        self.cold.pop(key, None)
        if len(self.hot) == HOT:
            old, window = self.hot.popitem(last=False)
            if len(self.cold) == COLD:
                self.cold.popitem(last=False)
            self.cold[old] = window.high
        self.hot[key] = Window(floor)
        return self.hot[key]

    def see(self, key: tuple, seq: int) -> str:
        window = self.of(key, seq)
        if window is None:
            return LATE
        return window.see(seq) if seq else NEW  # 0 is no sequence
