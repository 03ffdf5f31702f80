"""Who trades in a drill: a trader on each master, and somebody else on the slaves."""

from typing import Final

from commands.drilling.hands import Hand, Held
from utils.randomness import seeded

PAUSES_S: Final = (0.08, 0.26)
BYSTANDS_S: Final = (0.8, 2.0)
#: One position is touched so often at most, so that each change is seen by itself.
UNTOUCHED_S: Final = 1.0
FEWEST, MOST = 3, 9
BASKET: Final = (3, 5)
BASKET_SHARE: Final = 0.08
VOLUMES: Final = (0.2, 0.3, 0.4, 0.5, 0.8)
PART_SHARES: Final = (0.3, 0.6)
#: Magic numbers and comments of what trades on a master: accounts tell them apart by these.
STRATEGIES: Final = (
    (0, ""),
    (11, "breakout"),
    (12, "breakout"),
    (13, "grid 1"),
    (14, "grid 2"),
    (15, "news"),
    (16, "news, late"),
)
SMALLEST_PART: Final = 0.1
STOP_SHARES: Final = (0.006, 0.012)
#: As many scripts do, also our own number, which alone makes nothing ours.
STRANGE_MAGICS: Final = (0, 77, 234000)
STRANGE_LOTS: Final = 0.2
MOST_STRANGE: Final = 3
COPY_TOUCHED_SHARE: Final = 0.3
#: Copies bear digits of ours as well; people's numbers are smaller.
HIGHEST_BARE: Final = 9_223_371


class Trader:
    """Opens one by one and in baskets, moves stops, closes in part and closes; all by his seed."""

    def __init__(self, hand: Hand, seed: int) -> None:
        """He acts at once."""
        self._hand = hand
        self._lot = seeded(seed)
        self._next_s = 0.0
        self._touched_s: dict[int, float] = {}
        self._basket = 0
        self.deeds = 0
        self.resting = False

    def step(self, now_s: float, pace: float) -> None:
        """Do the next thing, if it is time and his broker answers."""
        if now_s < self._next_s or self.resting:
            return
        self._next_s = now_s + self._lot.uniform(*PAUSES_S) / pace
        held = self._hand.positions()
        if held is None:
            return
        self.deeds += self._act(held, now_s)

    def open_early(self) -> None:
        """Hold one position of each strategy, so that something was there before it is copied."""
        for strategy in STRATEGIES:
            self.deeds += self._open(0.0, strategy)

    def close_all(self) -> bool:
        """Close what is open; whether nothing is."""
        held = self._hand.positions()
        for one in held or ():
            self._hand.close(one)
        return held == []

    def _act(self, held: list[Held], now_s: float) -> bool:
        there = {one.ticket for one in held}
        self._touched_s = {t: s for t, s in self._touched_s.items() if t in there}
        ripe = [one for one in held if self._touched_s.get(one.ticket, 0.0) + UNTOUCHED_S < now_s]
        if self._basket and len(held) < MOST + BASKET[1]:
            self._basket -= 1
            self._next_s = now_s
            return self._open(now_s)
        if len(held) < FEWEST or not ripe or (len(held) < MOST and self._lot.random() < 1 / 3):
            if self._lot.random() < BASKET_SHARE:
                self._basket = self._lot.randint(*BASKET)
            return len(held) < MOST and self._open(now_s)
        return self._touch(self._lot.choice(ripe), len(held), now_s)

    def _open(self, now_s: float, strategy: tuple[int, str] | None = None) -> bool:
        if not self._hand.symbols_there():
            return False
        symbol = self._lot.choice(self._hand.symbols)
        kind, volume = self._lot.choice((0, 1)), self._lot.choice(VOLUMES)
        tick = self._hand.tick(symbol)
        if tick is None or not tick.bid:
            return False
        sl, tp = self._stops(kind, tick.bid)
        magic, comment = strategy or self._lot.choice(STRATEGIES)
        more = {"sl": sl, "tp": tp, "magic": magic, "comment": comment}
        answer = self._hand.open(symbol, kind, volume, **more)
        if answer is not None:
            self._touched_s[answer.order] = now_s
        return answer is not None

    def _touch(self, held: Held, count: int, now_s: float) -> bool:
        self._touched_s[held.ticket] = now_s
        part = round(held.volume * self._lot.uniform(*PART_SHARES), 1)
        chance = self._lot.random()
        if chance < 1 / 3:
            return self._hand.move_stops(held, *self._stops(held.kind, held.price)) is not None
        if chance < 1 / 2 and SMALLEST_PART <= part < held.volume:
            return self._hand.close(held, part) is not None
        return count > FEWEST and self._hand.close(held) is not None

    def _stops(self, kind: int, price: float) -> tuple[float, float]:
        loss, gain = (price * self._lot.uniform(*STOP_SHARES) for _ in range(2))
        up = 1 if kind == 0 else -1
        return tidy(price - up * loss), tidy(price + up * gain)


class Bystander:
    """Trades on slaves by hand, closes copies now and then, and leaves the rest to us."""

    def __init__(self, hands: dict[str, Hand], seed: int) -> None:
        """`hands` by the slave's name."""
        self._hands = hands
        self._lot = seeded(seed)
        self._next_s = 0.0
        self.deeds = 0
        self.resting = False

    def step(self, now_s: float, pace: float) -> None:
        """Do the next thing, if it is time and the broker answers."""
        if now_s < self._next_s or self.resting:
            return
        self._next_s = now_s + self._lot.uniform(*BYSTANDS_S) / pace
        hand = self._hands[self._lot.choice(sorted(self._hands))]
        held = hand.positions()
        if held is None:
            return
        self.deeds += self._act(hand, held)

    def close_all(self) -> bool:
        """Close what was opened by hand; whether nothing of it is left."""
        left = [(hand, _strange(hand.positions())) for hand in self._hands.values()]
        for hand, held in left:
            for one in held or ():
                hand.close(one)
        return all(held == [] for _, held in left)

    def _act(self, hand: Hand, held: list[Held]) -> bool:
        strange = _strange(held) or []
        copies = [one for one in held if one.magic > HIGHEST_BARE]
        if copies and self._lot.random() < COPY_TOUCHED_SHARE:
            return self._touch_a_copy(hand, self._lot.choice(copies))
        if len(strange) >= MOST_STRANGE or (strange and self._lot.random() < 1 / 2):
            return hand.close(self._lot.choice(strange)) is not None
        if not hand.symbols_there():
            return False
        symbol, kind = self._lot.choice(hand.symbols), self._lot.choice((0, 1))
        magic = self._lot.choice(STRANGE_MAGICS)
        return hand.open(symbol, kind, STRANGE_LOTS, magic=magic) is not None

    def _touch_a_copy(self, hand: Hand, copy: Held) -> bool:
        half = round(copy.volume / 2, 1)
        if self._lot.random() < 1 / 2 and SMALLEST_PART <= half < copy.volume:
            return hand.close(copy, half) is not None
        return hand.close(copy) is not None


def tidy(price: float) -> float:
    """Rounded to what any broker takes of so large a price."""
    return round(price, 2 if price > 100 else 4)  # noqa: PLR2004 - gold and indices above it, currencies below


def _strange(held: list[Held] | None) -> list[Held] | None:
    return None if held is None else [one for one in held if one.magic <= HIGHEST_BARE]
