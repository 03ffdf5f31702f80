"""What goes wrong when, drawn by a seed alone: the same seed plans the same drill."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from commands.drilling.terminal_faults import ON_MASTERS, ON_SLAVES, Lot, TerminalFault
from utils.randomness import seeded

#: Between two faults that kill nobody, at pace 1.
FAULT_EVERY_S = 0.8
KILL_EVERY_S = 4.5
QUIET_S = 2.0
HOUR_MS = 3_600_000

LAUNCHER, BROKER, DATABASE = "launcher", "paper broker", "database"


class Deed(StrEnum):
    """What is done to a victim."""

    KILL = "kill"
    PAUSE = "pause"
    TERMINAL = "terminal"
    OUR_CLOCK = "our clock"
    EDIT = "edit"
    HALT = "halt"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One fault; `name` is its kind in the report, `victims` are accounts or servers."""

    at_s: float
    deed: Deed
    name: str
    victims: tuple[str, ...]
    for_s: float = 0.0
    rules: tuple[dict[str, object], ...] = ()
    fields: dict[str, object] = {}
    by_ms: int = 0

    @property
    def ends_s(self) -> float:
        """When it is over, by the drill's own clock."""
        return self.at_s + self.for_s


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Who can be a victim."""

    masters: tuple[str, ...]
    slaves: tuple[str, ...]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How much of it."""

    seed: int
    seconds: float
    pace: float = 1.0
    kills: int | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fault before time and victims are drawn; `on` are the groups they come from."""

    deed: Deed
    name: str
    on: tuple[str, ...] = ()
    for_s: tuple[float, float] = (0.0, 0.0)
    fault: TerminalFault | None = None
    fields: dict[str, object] = {}
    by_ms: int = 0


KILLS: tuple[Card, ...] = tuple(
    Card(deed=Deed.KILL, name="kill " + " + ".join(on), on=on)
    for on in (
        ("slave",),
        ("master",),
        ("slave",),
        (LAUNCHER,),
        ("slave",),
        (BROKER,),
        ("master", "slave"),
        (DATABASE,),
        ("slave", "slave"),
        (LAUNCHER, DATABASE),
        ("masters", "slaves", LAUNCHER),
    )
)
#: Longer than the 5 s after which a slave holds, and the 10 s after which a node counts as hung.
PAUSES: tuple[Card, ...] = tuple(
    Card(deed=Deed.PAUSE, name="pause " + " + ".join(on), on=on, for_s=for_s)
    for on, for_s in (
        (("slave",), (1.2, 4.0)),
        (("slave",), (11.0, 13.0)),
        (("master",), (1.2, 4.0)),
        (("master",), (11.0, 13.0)),
        ((LAUNCHER,), (6.0, 8.0)),
        ((BROKER,), (1.5, 4.0)),
        ((DATABASE,), (3.0, 7.0)),
        (("master", "slave"), (5.5, 7.5)),
        (("masters", "slaves", LAUNCHER, BROKER, DATABASE), (2.0, 3.0)),
    )
)
CLOCKS: tuple[Card, ...] = tuple(
    Card(deed=Deed.OUR_CLOCK, name="our clock jumps", for_s=(2.0, 5.0), by_ms=by_ms)
    for by_ms in (HOUR_MS, -HOUR_MS, 20_000)
)
EDITED: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("labels", "slave", {"labels": ["drilled"]}),
    ("enabled", "slave", {"enabled": False}),
    ("suffix", "slave", {"suffix": ".other", "symbol_map": {}}),
    ("follows", "slave", {"follows": ["Nobody"]}),
    ("enabled of a master", "master", {"enabled": False}),
)
EDITS: tuple[Card, ...] = tuple(
    Card(deed=Deed.EDIT, name=f"edit {name}", on=(on,), for_s=(1.5, 4.0), fields=fields)
    for name, on, fields in EDITED
)
HALTS: tuple[Card, ...] = (Card(deed=Deed.HALT, name="halt", on=("slave",), for_s=(1.5, 4.0)),)


def plan(measure: Measure, cast: Cast) -> tuple[Step, ...]:
    """Every fault of the drill, in the order in which they come."""
    lot = seeded(measure.seed)
    kills = _spread(lot, KILLS, _kill_moments(lot, measure), measure, cast)
    other = _spread(lot, _other_cards(), _fault_moments(lot, measure), measure, cast)
    return tuple(sorted((*kills, *other), key=lambda step: (step.at_s, step.name)))


def _other_cards() -> tuple[Card, ...]:
    terminals = tuple(
        Card(deed=Deed.TERMINAL, name=fault.name, on=(group,), fault=fault)
        for group, faults in (("slave", ON_SLAVES), ("master", ON_MASTERS))
        for fault in faults
    )
    return (*PAUSES, *terminals, *CLOCKS, *EDITS, *HALTS)


def _spread(
    lot: Lot, cards: Sequence[Card], moments: Sequence[float], measure: Measure, cast: Cast
) -> Iterator[Step]:
    """Cards are dealt from a shuffled deck, so that every kind comes before one comes again."""
    deck: list[Card] = []
    for at_s in moments:
        if not deck:
            deck = list(cards)
            lot.shuffle(deck)
        yield _drawn(lot, deck.pop(), at_s, measure, cast)


def _drawn(lot: Lot, card: Card, at_s: float, measure: Measure, cast: Cast) -> Step:
    wanted_s = lot.uniform(*card.for_s)
    rules: tuple[dict[str, object], ...] = ()
    if card.fault is not None:
        rules, wanted_s = card.fault.rules(lot), card.fault.lasts_s
    return Step(
        at_s=round(at_s, 3),
        deed=card.deed,
        name=card.name,
        victims=_victims(lot, card.on, cast),
        for_s=round(max(0.0, min(wanted_s, measure.seconds - at_s)), 3),
        rules=rules,
        fields=card.fields,
        by_ms=card.by_ms,
    )


def _victims(lot: Lot, on: Sequence[str], cast: Cast) -> tuple[str, ...]:
    groups = {"masters": cast.masters, "slaves": cast.slaves}
    singles = {"master": cast.masters, "slave": cast.slaves}
    victims: list[str] = []
    for word in on:
        if word in singles:
            others = [one for one in singles[word] if one not in victims]
            victims.append(lot.choice(others or singles[word]))
        else:
            victims += groups.get(word, (word,))
    return tuple(dict.fromkeys(victims))


def _kill_moments(lot: Lot, measure: Measure) -> list[float]:
    wanted = measure.kills
    if wanted is None:
        wanted = round(measure.seconds * measure.pace / KILL_EVERY_S)
    span_s = max(0.0, measure.seconds - QUIET_S)
    return sorted(lot.uniform(0.0, span_s) for _ in range(wanted))


def _fault_moments(lot: Lot, measure: Measure) -> list[float]:
    moments: list[float] = []
    at_s = 0.0
    while True:
        at_s += FAULT_EVERY_S / measure.pace * lot.uniform(0.5, 1.5)
        if at_s > measure.seconds - QUIET_S:
            return moments
        moments.append(at_s)
