"""What each happening of a schedule does: the table of all people, markets, operators, faults."""

from collections.abc import Callable
from typing import Any

import msgspec

from paper.broker.brokers import AT_ONCE, Routing
from paper.service.faults.kinds import Fault
from paper.service.faults.rules import Rule, Scope
from tests.simulation.network import Weather
from tests.simulation.people import OrderTerms
from tests.simulation.stage import Stage

Act = Callable[..., None]
MS = 1_000


def do(stage: Stage, what: str, who: str, how: dict[str, Any]) -> None:
    """One happening."""
    stage.kernel.trace.note(what, who, how)
    ACTS[what](stage, who, **how)


def trade(stage: Stage, who: str, symbol: int, lots: float, stops: float, buys: bool) -> None:
    """The trader opens a position."""
    stage.people[who].open(symbol, lots, stops, buys=buys)


def basket(stage: Stage, who: str, symbol: int, lots: float, size: int) -> None:
    """The trader opens several at once."""
    for n in range(size):
        stage.people[who].open(symbol, lots, 0.0, buys=n % 3 > 0)


def modify(stage: Stage, who: str, nth: int, points: float) -> None:
    """The trader moves the stops of a position."""
    if held := stage.people[who].positions():
        stage.people[who].move_stops(held[nth % len(held)], points)


def reduce(stage: Stage, who: str, nth: int, share: float) -> None:
    """The trader closes a part."""
    if held := stage.people[who].positions():
        stage.people[who].close(held[nth % len(held)], share)


def close(stage: Stage, who: str, nth: int) -> None:
    """The trader closes a position."""
    if held := stage.people[who].positions():
        stage.people[who].close(held[nth % len(held)])


def close_all(stage: Stage, who: str) -> None:
    """The trader closes everything."""
    for position in stage.people[who].positions():
        stage.people[who].close(position)


def flash(stage: Stage, who: str, symbol: int, lots: float) -> None:
    """Opened and closed in the same instant."""
    before = len(stage.people[who].positions())
    stage.people[who].open(symbol, lots, 0.0)
    opened = stage.people[who].positions()[before:]
    for position in opened:
        stage.people[who].close(position)
    if not opened:
        stage.people[who].open(symbol, lots, 0.0, buys=False)


def let_wait(stage: Stage, who: str, **terms: Any) -> None:
    """The trader, or a slave's user, places an order that waits for its price."""
    stage.people[who].let_wait(OrderTerms(**terms))


def move_order(stage: Stage, who: str, nth: int, points: float) -> None:
    """Its price is changed, by whoever can see it."""
    if waiting := stage.people[who].orders():
        stage.people[who].move_order(waiting[nth % len(waiting)], points)


def withdraw(stage: Stage, who: str, nth: int) -> None:
    """It is deleted, by whoever can see it: on a slave that may be one of ours."""
    if waiting := stage.people[who].orders():
        stage.people[who].withdraw(waiting[nth % len(waiting)])


def by_hand(stage: Stage, who: str, symbol: int, lots: float, magic: int, buys: bool) -> None:
    """The slave's user, or another program of his, opens a position."""
    stage.people[who].open(symbol, lots, 0.0, magic, buys=buys)


def close_copy(stage: Stage, who: str, nth: int, share: float = 1.0) -> None:
    """The slave's user closes whatever he sees, copies included."""
    if held := stage.people[who].positions():
        stage.people[who].close(held[nth % len(held)], share)


def market(stage: Stage, _who: str, feed: str, points: float) -> None:
    """Prices jump, and stops are hit."""
    stage.brokers.move(feed, points)


def skew(stage: Stage, who: str, feed: str, points: float, ms: int) -> None:
    """One broker's quotes are not the others': orders fill at one side first."""
    broker = stage.hosts[who].place.identity.server
    stage.brokers.skew(broker, feed, points)
    stage.ends_after(ms, lambda: stage.brokers.skew(broker, feed, 0.0))


def in_parts(stage: Stage, who: str, first_part: float, rest_after_ms: int | None, ms: int) -> None:
    """One broker fills all orders in parts, those that waited as well."""
    broker = stage.hosts[who].place.identity.server
    stage.brokers.route(broker, Routing(first_part=first_part, rest_after_ms=rest_after_ms))
    stage.ends_after(ms, lambda: stage.brokers.route(broker, AT_ONCE))


def operator(stage: Stage, who: str, kind: str) -> None:
    """HALT or RESUME."""
    stage.operate(who, kind)


def edit(stage: Stage, who: str, changes: dict[str, Any]) -> None:
    """Somebody edits an account's document."""
    stage.supervisor.edit(who, changes)


def kill(stage: Stage, who: str) -> None:
    """kill -9."""
    stage.hosts[who].kill()


def crash(stage: Stage, who: str, after_touches: int) -> None:
    """It dies in the middle of the so many-th call or write from here."""
    stage.hosts[who].crash_after_touches = after_touches


def pause(stage: Stage, who: str, ms: int) -> None:
    """SIGSTOP for so long."""
    stage.hosts[who].pause(ms * MS)


def power_cut(stage: Stage, who: str, lost_ms: int) -> None:
    """The machine goes off; of its journal what was written last is lost."""
    host = stage.hosts[who]
    if host.disk.is_behind:
        return  # what is not on the platters now was not a moment later either
    safe, was_halted = host.disk.keep_what_is_safe(), who in stage.witness.halted

    def cut() -> None:
        host.kill()
        host.disk.lose_the_rest(safe)
        stage.witness.forgets_what_was_sent(who)
        if not was_halted:
            stage.witness.halted.discard(who)

    stage.kernel.after(lost_ms * MS, cut)


def disk_full(stage: Stage, who: str, ms: int) -> None:
    """Nothing can be written for a while."""
    disk = stage.hosts[who].disk
    disk.is_full = True
    stage.ends_after(ms, lambda: setattr(disk, "is_full", False))


def broken(stage: Stage, who: str, scope: dict[str, Any], fault: dict[str, Any]) -> None:
    """A rule of the paper broker's own fault desk."""
    stage.kernel.trace.counts[f"fault {fault['kind']}"] += 1
    rule = Rule(
        scope=Scope(terminal=stage.key_of(who), **scope), fault=msgspec.convert(fault, Fault)
    )
    live = stage.brokers.faults.add(rule)
    stage.ends_after(
        rule.scope.for_ms or 1_000, lambda: stage.brokers.faults.take_back((live.number,), "")
    )


def our_clock(stage: Stage, _who: str, ms: int) -> None:
    """The machine's UTC is set; all nodes run on it."""
    for host in stage.hosts.values():
        host.time.utc_wrong_us += ms * MS
    stage.witness.clock_slack_us += abs(ms) * MS


def brokers_clock(stage: Stage, who: str, ms: int) -> None:
    """The wall clock of a node's broker jumps; what was dealt before looks that much older."""
    stage.brokers.set_clock(stage.key_of(who), ms)
    stage.witness.clock_slack_us += abs(ms) * MS
    stage.witness.clock_jumps_us.append(stage.kernel.now_us)


def wires(stage: Stage, who: str, ms: int, weather: dict[str, Any]) -> None:
    """All wires of a node are bad for a while."""
    for wire in stage.wires_of(who):
        for name, value in weather.items():
            setattr(wire.weather, name, tuple(value) if isinstance(value, list) else value)
    stage.ends_after(ms, lambda: fair(stage, who))


def fair(stage: Stage, who: str) -> None:
    """All is well again on these wires."""
    usual = Weather()
    for wire in stage.wires_of(who):
        for name in usual.__struct_fields__:
            if name != "is_cut":
                setattr(wire.weather, name, getattr(usual, name))
        wire.mend()


def no_supervisor(stage: Stage, _who: str, ms: int) -> None:
    """The launcher is away; nodes go on by themselves."""
    stage.supervisor.is_away = True
    stage.ends_after(ms, lambda: setattr(stage.supervisor, "is_away", False))


def no_database(stage: Stage, _who: str, ms: int) -> None:
    """The database is silent."""
    stage.supervisor.has_database = False
    stage.ends_after(ms, lambda: setattr(stage.supervisor, "has_database", True))


ACTS: dict[str, Act] = {
    act.__name__: act
    for act in (
        trade, basket, modify, reduce, close, close_all, flash, let_wait, move_order, withdraw,
        by_hand, close_copy, market, skew, in_parts, operator, edit, kill, crash, pause, power_cut,
        disk_full, broken, our_clock, brokers_clock, wires, no_supervisor, no_database,
    )
}  # fmt: skip
