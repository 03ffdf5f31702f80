"""What terminals and brokers do to nodes in a drill: the paper broker's kinds, with settings."""

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

Rule = dict[str, object]
T = TypeVar("T")

HOUR_MS = 3_600_000
#: What brokers refuse orders with; an answer in doubt and an executed one are cards of their own.
REFUSALS = (
    10004, 10006, 10007, 10011, 10013, 10014, 10015, 10016, 10017, 10018, 10019, 10020, 10021,
    10022, 10024, 10026, 10027, 10028, 10029, 10030, 10031,
)  # fmt: skip


class Lot(Protocol):
    """A generator of drawings that can be repeated."""

    def choice(self, seq: Sequence[T], /) -> T:
        """One of them."""
        ...

    def uniform(self, a: float, b: float, /) -> float:
        """A number between two."""
        ...

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """Another order."""
        ...


class TerminalFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault as the report names it, and the rules that make it."""

    name: str
    lasts_s: float
    made: tuple[Rule, ...]
    draw: Callable[[Lot], Rule] | None = None

    def rules(self, lot: Lot) -> tuple[Rule, ...]:
        """The rules for the paper broker; each ends by itself."""
        drawn = {} if self.draw is None else self.draw(lot)
        return tuple({"for_ms": round(self.lasts_s * 1000), **rule, **drawn} for rule in self.made)


def _one(name: str, lasts_s: float, kind: str, **settings: object) -> TerminalFault:
    return TerminalFault(name=name, lasts_s=lasts_s, made=({"kind": kind, **settings},))


def _now(name: str, lasts_s: float, kind: str, **settings: object) -> TerminalFault:
    return _one(name, lasts_s, kind, call="now", **settings)


def _order(name: str, kind: str, **settings: object) -> TerminalFault:
    return _one(name, 4.0, kind, call="order_send", **settings)


def _any_refusal(lot: Lot) -> Rule:
    return {"code": lot.choice(REFUSALS)}


#: Whatever a node reads: on masters and slaves alike.
READING: tuple[TerminalFault, ...] = (
    _one("every call late", 3.0, "delay", ms=60, sigma=0.6, slow_ms=600, slow_share=0.02),
    _one("positions_get hangs with the GIL held", 3.0, "hang", call="positions_get", ms=2500),
    _one("positions_get hangs for long", 11.0, "hang", call="positions_get", ms=10_500, times=1),
    _now("terminal dies", 2.0, "death", down_ms=2_000),
    _now("pipe lost", 1.0, "pipe_lost"),
    _one("None from positions_get", 2.0, "refuse", call="positions_get", code=-1),
    _one("None from every getter", 1.5, "refuse", call="*_get", code=-10001),
    _one("positions vanish", 2.0, "missing_rows", which="all"),
    _one("one position vanishes", 4.0, "missing_rows", which="one"),
    _one("deals vanish", 3.0, "missing_rows", call="history_deals_*", which="last"),
    _one("rows come late", 4.0, "late_rows", call="*", ms=1_500),
    _one("comments shown otherwise", 3.0, "comment", call="positions_get", text="broker's words"),
    _one("ticks stand still", 4.0, "stale_ticks"),
    _one("ticks crossed", 3.0, "crossed_ticks", points=20),
    _one("prices zero", 3.0, "zero_prices"),
    _now("terminal offline", 3.0, "switches", connected=False),
    _now("account switched", 4.0, "other_account"),
    _now("broker's clock forward", 4.0, "server_clock", ms=HOUR_MS),
    _now("broker's clock back", 4.0, "server_clock", ms=-HOUR_MS),
)
#: Blocks a node for the minute that MetaTrader's initialize may wait, long after it is over: on one
#: slave, not on a master, who would keep everybody from anything for all of a short drill.
LOGIN = TerminalFault(
    name="login times out",
    lasts_s=3.0,
    made=({"kind": "pipe_lost", "call": "now"}, {"kind": "login_timeout", "call": "initialize"}),
)
#: Whatever becomes of an order.
ORDERING: tuple[TerminalFault, ...] = (
    _order("orders late", "delay", ms=300, sigma=0.6),
    _order("answers of orders late", "delay", ms=1_500, when="after", times=2),
    _order("order_send hangs with the GIL held", "hang", ms=2_500, times=1),
    _order("order_send hangs for long after it", "hang", ms=10_500, when="after", times=1),
    _order("terminal dies before an order", "death", times=1, down_ms=500),
    _order("terminal dies after an order", "death", times=1, when="after", down_ms=500),
    _order("pipe lost before an order", "pipe_lost", times=1),
    _order("pipe lost after an order", "pipe_lost", times=1, when="after"),
    _order("None for an executed order", "refuse", times=2, code=-10002, executed=True),
    _order("None for an order not executed", "refuse", times=1, code=-10002),
    _order("None for an order never sent", "refuse", times=2, code=-2),
    _order("10012, executed", "retcode", order="open", times=1, code=10012, executed=True),
    _order(
        "10012, executed, no ticket",
        "retcode",
        order="open",
        times=1,
        code=10012,
        executed=True,
        ticket=False,
    ),
    _order("10012, not executed", "retcode", order="open", times=1, code=10012),
    _order(
        "10012 for a close, executed", "retcode", order="close", times=2, code=10012, executed=True
    ),
    _order("10012 for a close, not executed", "retcode", order="close", times=2, code=10012),
    _order("requotes", "retcode", times=3, code=10004, moved_points=5),
    _order("10008, executed", "retcode", times=2, code=10008, executed=True),
    _order("stops refused", "retcode", order="stops", times=3, code=10016),
    _order("closes refused", "retcode", order="close", times=3, code=10018),
    TerminalFault(
        name="a refusal by any code",
        lasts_s=4.0,
        made=({"kind": "retcode", "call": "order_send", "times": 2, "code": 10006},),
        draw=_any_refusal,
    ),
    _order("filled in part", "fill", times=1, first_part=0.5),
    _order("filled late", "fill", times=1, rest_after_ms=1_500),
    _order("filled in part, the rest late", "fill", times=1, first_part=0.5, rest_after_ms=1_200),
    _order("no price in the answer", "no_fill_price", times=3),
    _order("comments rewritten", "comment", times=3, text="broker's words"),
    _order("comments cleared", "comment", times=3),
    _order("account switched under an order", "other_account", times=1, for_ms=3_000),
    _one("magic shown as 0", 2.0, "field", call="positions_get", field="magic", value=0),
    _now("algo trading off", 3.0, "switches", trade_allowed=False),
    _now("Python API disabled", 3.0, "switches", tradeapi_disabled=True),
    _now("account may only look", 3.0, "switches", account_trade_allowed=False),
    _now("market jumps", 2.0, "gap", points=60),
)

ON_MASTERS = READING
ON_SLAVES = (*READING, *ORDERING, LOGIN)
