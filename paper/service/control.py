"""What an operator or a test may ask of the paper broker beside MetaTrader's calls."""

from math import inf
from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.address import Address
from paper.broker.making import FeedTick
from paper.service.calls import CallTable
from paper.service.faults.desk import FaultDesk
from paper.service.faults.kinds import KINDS, Fault
from paper.service.faults.reference import settings
from paper.service.faults.rules import Rule, Scope
from paper.service.faults.script import Live
from paper.service.tape import Tape
from paper.service.world import ServerRefusal, Wish, World

LOWEST_PRICE: Final = 1e-9
HIGHEST_PRICE: Final = 1e9
LATEST_MS: Final = 4_102_444_800_000
"""The end of 2099."""
CLOCK_EVERY_MS: Final = 60_000


class TerminalPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Switches to turn; what is left out stays."""

    connected: bool | None = None
    trade_allowed: bool | None = None
    tradeapi_disabled: bool | None = None
    account_trade_allowed: bool | None = None


class Control:
    """The `admin.` verbs."""

    def __init__(
        self, world: World, tape: Tape, place: Address, seed: int, faults: FaultDesk
    ) -> None:
        self._world = world
        self._tape = tape
        self._replay = tape.replay
        self._place = place
        self._seed = seed
        self._faults = faults
        self.stop_wanted = False

    def ask(self, verb: str, args: list[Any]) -> object:
        """Answer one admin call."""
        return CALLS.ask(self, verb, args)

    def hello(self) -> dict[str, object]:
        """Who answers here."""
        return {"pid": self._place.pid, "instance": self._place.instance}

    def ensure_account(  # noqa: PLR0913, PLR0917 - an account document's fields, in the protocol's order
        self,
        key: str,
        broker: str,
        deposit: float,
        currency: str,
        leverage: int,
        margin_mode: str | int,
        login: int,
    ) -> dict[str, object]:
        """The account of a terminal, made if there is none."""
        wish = Wish(
            key=key,
            broker=broker,
            deposit=deposit,
            currency=currency,
            leverage=leverage,
            margin_mode=margin_mode,
            login=login,
        )
        terminal = self._world.ensure_account(wish, self._tape.utc_ms())
        broker, login = terminal.own
        name = self._world.own_account(terminal).terms.name
        return {"login": login, "server": broker, "name": name}

    def status(self) -> dict[str, object]:
        """Who this is, how far the tape is, and who trades here."""
        replay, now_s = self._replay, self._tape.now_s()
        return {
            **msgspec.structs.asdict(self._place),
            "tape_utc_ms": replay.clock_ms(now_s),
            "stamps": replay.stamps,
            "speed": replay.speed,
            "seed": self._seed,
            "paused": replay.paused,
            "ended": replay.ended,
            "terminals": [self._terminal(key) for key in sorted(self._world.terminals)],
        }

    def _terminal(self, key: str) -> dict[str, object]:
        terminal = self._world.terminals[key]
        account = self._world.account_of(terminal)
        return {
            "key": key,
            "login": terminal.login,
            "server": terminal.broker,
            "balance": account.balance,
            "positions": len(account.positions),
            "deals": len(account.deals),
            **msgspec.structs.asdict(terminal.switches),
        }

    def set_speed(self, speed: float) -> bool:
        """Play faster or slower from here on."""
        if not 0 < speed < inf:
            raise ServerRefusal(LastError.INVALID_PARAMS, f"a speed of {speed}; wanted more than 0")
        self._replay.set_speed(speed, self._tape.now_s())
        return True

    def pause(self) -> bool:
        """Hold the tape."""
        self._replay.pause(self._tape.now_s())
        return True

    def resume(self) -> bool:
        """Let the tape run again."""
        self._replay.resume(self._tape.now_s())
        return True

    def terminal(self, key: str, patch: TerminalPatch) -> bool:
        """Turn switches of one terminal."""
        wanted = msgspec.structs.asdict(patch)
        given = {name: value for name, value in wanted.items() if value is not None}
        self._world.turn(self._world.terminal(key), given)
        self._faults.tend()
        return True

    def tick(self, feed: str, bid: float, ask: float) -> bool:
        """One more price of the tape, made by hand."""
        self._world.refuse_unknown_feed(feed)
        if not all(LOWEST_PRICE <= price <= HIGHEST_PRICE for price in (bid, ask)):
            raise ServerRefusal(
                LastError.INVALID_PARAMS,
                f"{feed} at {bid} / {ask}; wanted prices from {LOWEST_PRICE} to {HIGHEST_PRICE}",
            )
        utc_ms = self._tape.utc_ms()
        made = FeedTick(feed, utc_ms, bid, ask)
        self._world.ticks((made,), self._tape.stamp_ms(made, utc_ms))
        return True

    def advance_clock(self, ms: int) -> int:
        """Let the brokers' clocks jump, and do at once what is due by then; their time, UTC."""
        if self._replay.stamps != "live":
            raise ServerRefusal(
                LastError.UNSUPPORTED, "the clock follows the tape here; it jumps on live stamps"
            )
        if not 0 <= self._tape.utc_ms() + ms <= LATEST_MS:
            raise ServerRefusal(
                LastError.INVALID_PARAMS, f"{ms} ms from now; wanted a time from 1970 to 2099"
            )
        self._tape.jump(ms)
        self._world.on_clock(self._tape.utc_ms())
        return self._tape.utc_ms()

    def play_until(self, utc_ms: int) -> int:
        """Play all that happens up to a moment of the tape at once, and hold it; how many ticks."""
        if self._replay.stamps != "original":
            raise ServerRefusal(
                LastError.UNSUPPORTED, "a moment of the tape has no name on live stamps"
            )
        now_ms = self._tape.utc_ms()
        if not now_ms <= utc_ms <= LATEST_MS:
            raise ServerRefusal(
                LastError.INVALID_PARAMS, f"until {utc_ms}; wanted {now_ms}, where it is, or later"
            )
        return self._played(utc_ms, now_ms)

    def _played(self, until_ms: int, now_ms: int) -> int:
        """The clock's own work (expiry, swaps, stop-outs) is done every minute of the tape."""
        played, due_ms = 0, now_ms + CLOCK_EVERY_MS
        for tick in self._tape.run_to(until_ms):
            if tick.ts_ms >= due_ms:
                self._world.on_clock(tick.ts_ms)
                due_ms = tick.ts_ms + CLOCK_EVERY_MS
            self._world.ticks((tick,), tick.ts_ms)
            played += 1
        self._world.on_clock(until_ms)
        return played

    def add_fault(self, scope: Scope, fault: dict[str, object]) -> int:
        """A rule is in force from here on; its number."""
        return self._faults.add(Rule(scope=scope, fault=_as_fault(fault))).number

    def faults(self) -> list[dict[str, object]]:
        """All rules with how often they were met and struck."""
        return [self._row(live) for live in self._faults.rules()]

    def clear_faults(self, numbers: tuple[int, ...], terminal: str) -> list[int]:
        """Take rules back: by number, else a terminal's, else all; what is gone."""
        return [live.number for live in self._faults.take_back(numbers, terminal)]

    def _row(self, live: Live) -> dict[str, object]:
        return {
            "number": live.number,
            "call": live.rule.call,
            "scope": live.rule.scope,
            "fault": live.rule.fault,
            "met": live.met,
            "struck": live.struck,
            "trouble": live.trouble,
            "over": self._faults.is_over(live),
        }

    def book(self, key: str, kind: str, amount: float, comment: str) -> float:
        """Deposit, credit, charge or the like; the balance then."""
        return self._world.book(key, kind, amount, comment, self._tape.utc_ms())

    def shutdown(self) -> bool:
        """Stop the server once this is answered."""
        self.stop_wanted = True
        return True


def _as_fault(given: dict[str, object]) -> Fault:
    kind = str(given.get("kind"))
    if kind not in KINDS:
        raise ServerRefusal(
            LastError.NOT_FOUND, f"no fault {kind!r}; wanted one of {', '.join(sorted(KINDS))}"
        )
    try:
        fault: Fault = msgspec.convert(given, Fault)
    except msgspec.ValidationError as wrong:
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"fault {kind}: {wrong}; its settings: {' '.join(settings(KINDS[kind])) or 'none'}",
        ) from wrong
    return fault


CALLS: Final = CallTable(
    (
        Control.ensure_account,
        Control.status,
        Control.set_speed,
        Control.pause,
        Control.resume,
        Control.terminal,
        Control.book,
        Control.tick,
        Control.advance_clock,
        Control.play_until,
        Control.add_fault,
        Control.faults,
        Control.clear_faults,
        Control.shutdown,
    ),
    prefix="admin.",
)
