"""Once nothing goes wrong any more the swarm is of use: what a trader does then is copied whole."""

from collections.abc import Callable, Iterator

import msgspec

from domain.mt5_words import Reason as DealReason
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from paper.broker.records import Position
from tests.simulation.by_settings import is_stop
from tests.simulation.ending import verdicts_of
from tests.simulation.findings import Finding, Home
from tests.simulation.hosts import Host
from tests.simulation.people import Person
from tests.simulation.refusals import BY_SETTINGS
from tests.simulation.schedule import Schedule
from tests.simulation.stage import Stage
from tests.simulation.truths import Copy
from tests.simulation.wishes import Theirs

NOT_OF_USE = "not copied, and nothing was wrong"
#: What was in doubt a moment ago is denied yet: books, clocks and the day's result are read again.
COMES_TO_REST_US = 6_000_000
FOLLOWS_WITHIN_US = 1_500_000
#: It is as long as a whole short run, so that not every seed is spent on it.
ONE_SEED_IN = 3
LOTS = 0.5
STOPS_POINTS, MOVED_POINTS = 400, 300
#: Far less than an order fills apart from, far more than rounding.
POINTS_APART = 1.5
#: What people have asked for, and what their own trading leads to.
AS_PEOPLE_WISH = frozenset(
    {
        Reason.ACCOUNT_DISABLED,
        Reason.DRAINING,
        Reason.TRADING_HALTED,
        Reason.TRADING_REDUCING,
        Reason.WRONG_LOGIN,
        Reason.UNKNOWN_SYMBOL,
        Reason.MAX_OPEN_TRADES,
        Reason.DAILY_LOSS,
        Reason.ORDER_NOT_ALLOWED,
    }
    # Whether these are so, is judged by itself: `refusals.py`.
    | BY_SETTINGS
)
#: What then becomes of it, by whether its slave lets late entries wait.
TAKEN_FOR_OLD = frozenset({Reason.SIGNAL_TOO_OLD, Reason.ENTRY_WAITS})
Step = Callable[[Person, Position], None]


def tried_out(stage: Stage, schedule: Schedule) -> list[Finding]:
    """Every master buys one symbol and sells the other; all is followed to its end."""
    slaves = [stage.hosts[name] for name in schedule.slaves if name not in schedule.nets]
    masters = [name for name in schedule.masters if name not in schedule.nets]
    if schedule.seed % ONE_SEED_IN or not (slaves and masters):
        return []
    stage.kernel.run_until(stage.kernel.now_us + COMES_TO_REST_US)
    return [
        found
        for name in masters
        for found in _followed(stage, name, [s for s in slaves if _follows(stage, s, name)])
    ]


def _follows(stage: Stage, slave: Host, master: str) -> bool:
    return stage.following.follows(slave.name, master)


def _followed(stage: Stage, master: str, slaves: list[Host]) -> Iterator[Finding]:
    person = stage.people[master]
    before = {one.ticket for one in person.positions()}
    for nth, buys in enumerate((True, False)):
        person.open(nth, LOTS, STOPS_POINTS, buys=buys)
    opened = [one.ticket for one in person.positions() if one.ticket not in before]
    for said, step in STEPS:
        for ticket in opened:
            step(person, _of(person, ticket))
        stage.kernel.run_until(stage.kernel.now_us + FOLLOWS_WITHIN_US + _longest_hold_us(slaves))
        for host in slaves:
            for ticket in opened:
                yield from _compared(stage, host, person, ticket, said)


def _compared(
    stage: Stage, host: Host, person: Person, ticket: int, said: str
) -> Iterator[Finding]:
    original = next((one for one in person.positions() if one.ticket == ticket), None)
    copy = _copy(stage, host, ticket)
    if original is not None and copy is None and _is_excused(stage, host, ticket):
        return
    known = _known(stage, host, ticket)
    if copy is None and known is not None and _has_ended(stage, host, known):
        return
    wrong = _difference(stage, host, original, copy, known)
    if wrong:
        at_ms = stage.kernel.now_us // 1_000
        yield Finding(
            kind=NOT_OF_USE, who=host.name, at_ms=at_ms, text=f"{ticket}, {said}: {wrong}"
        )


def _difference(
    stage: Stage, host: Host, original: Position | None, copy: Position | None, known: Copy | None
) -> str:
    """What the copy is, and should not be; empty where it is as it should be."""
    if original is None or copy is None:
        return "" if original is copy else f"{'no copy' if copy is None else 'a copy is left'}"
    wishes = None if known is None else known.wishes
    if known is None or wishes is None:
        return "a copy that nobody asked for"
    profile = stage.brokers.world.houses[host.place.identity.server].market.profiles[copy.symbol]
    apart = POINTS_APART * profile.point * max(1.0, float(wishes.said("take_profit_ratio", 1)))
    theirs = Theirs(original.sl, original.tp, original.price_open)
    wanted = stage.witness.by_settings.levels(_home(stage, host), known, [theirs])[0]
    due = max(_filled(stage, host, known) * original.volume / LOTS, profile.volume_min)
    checks = {
        "side": (copy.type == original.type) is not wishes.turns,
        "symbol": profile.feed == original.symbol,
        "volume": abs(copy.volume - due) < profile.volume_step,
        "stop loss": is_stop(known, copy.sl, wanted.sl, apart),
        "take profit": abs(copy.tp - wanted.tp) < apart,
    }
    return ", ".join(f"another {name}" for name, is_same in checks.items() if not is_same)


def _filled(stage: Stage, host: Host, known: Copy) -> float:
    """Of all its parts; of one that was opened again after a power cut, once."""
    parts = stage.witness.slaves[host.name].by_order[known.order]
    return sum({one.leg: one.filled for one in parts}.values())


def _copy(stage: Stage, host: Host, ticket: int) -> Position | None:
    known = stage.witness.slaves[host.name].by_order.get(ticket, [])
    numbers = {copy.identifier for copy in known}
    parts = [p for p in stage.people[host.name].positions() if p.ticket in numbers]
    if not parts:
        return None
    return msgspec.structs.replace(parts[0], volume=round(sum(p.volume for p in parts), 8))


def _known(stage: Stage, host: Host, ticket: int) -> Copy | None:
    return next(iter(stage.witness.slaves[host.name].by_order.get(ticket, [])), None)


def _home(stage: Stage, host: Host) -> Home:
    return stage.witness.home_of(host.place.terminal)


def _has_ended(stage: Stage, host: Host, known: Copy) -> bool:
    """By its time, its own stop, or as too little would have been left of it."""
    wishes = known.wishes
    if wishes is None or known.is_past_its_time(stage.kernel.now_us, stage.witness.clock_slack_us):
        return True
    deals = stage.brokers.account(*_place(host)).deals.values()
    by_broker = {DealReason.SL, DealReason.TP}
    ended = any(d.position_id == known.identifier and d.reason in by_broker for d in deals)
    return ended or wishes.said("partial_below_min") == "close"


def _place(host: Host) -> tuple[int, str]:
    return host.place.identity.login, host.place.identity.server


def _longest_hold_us(slaves: list[Host]) -> int:
    """What is held back is not late."""
    held = (one.told_last.document or {} for one in slaves if one.told_last is not None)
    return max((int(d.get("min_hold_seconds") or 0) for d in held), default=0) * 1_000_000


def _is_excused(stage: Stage, host: Host, ticket: int) -> bool:
    """It was refused for a reason that no machine would have had by itself.

    A broker's clock that went back by seconds makes all look old by as much, for minutes: nobody
    can tell it from a terminal whose prices come late.
    """
    said = [v for v in verdicts_of(host) if v.leg.opening_order == ticket]
    reasons = {v.reason for v in said if v.kind in {VerdictKind.DENIED, VerdictKind.MISSED}}
    looks_old = reasons <= TAKEN_FOR_OLD and bool(reasons and stage.witness.clock_jumps_us)
    return looks_old or bool(reasons & AS_PEOPLE_WISH)


def _of(person: Person, ticket: int) -> Position:
    return next(one for one in person.positions() if one.ticket == ticket)


def _is_left(_person: Person, _position: Position) -> None:
    """It has just been opened."""


def _is_moved(person: Person, position: Position) -> None:
    person.move_stops(position, MOVED_POINTS)


def _is_reduced(person: Person, position: Position) -> None:
    person.close(position, 0.4)


def _is_closed(person: Person, position: Position) -> None:
    person.close(position)


STEPS: tuple[tuple[str, Step], ...] = (
    ("opened", _is_left),
    ("its stops moved", _is_moved),
    ("reduced", _is_reduced),
    ("closed", _is_closed),
)
