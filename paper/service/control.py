"""What an operator or a test may ask of the paper broker beside MetaTrader's calls."""

from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.address import Address
from paper.service.calls import CallTable
from paper.service.tape import Tape
from paper.service.world import ServerRefusal, Wish, World


class TerminalPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Switches to turn; what is left out stays."""

    connected: bool | None = None
    trade_allowed: bool | None = None
    tradeapi_disabled: bool | None = None
    account_trade_allowed: bool | None = None


class Control:
    """The `admin.` verbs."""

    def __init__(self, world: World, tape: Tape, place: Address, seed: int) -> None:
        self._world = world
        self._tape = tape
        self._replay = tape.replay
        self._place = place
        self._seed = seed
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
        name = self._world.account_of(terminal).terms.name
        return {"login": terminal.login, "server": terminal.broker, "name": name}

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
        if not speed > 0:
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
        terminal = self._world.terminal(key)
        wanted = msgspec.structs.asdict(patch)
        given = {name: value for name, value in wanted.items() if value is not None}
        terminal.switches = msgspec.structs.replace(terminal.switches, **given)
        terminal.stale = True
        return True

    def shutdown(self) -> bool:
        """Stop the server once this is answered."""
        self.stop_wanted = True
        return True


CALLS: Final = CallTable(
    (
        Control.ensure_account,
        Control.status,
        Control.set_speed,
        Control.pause,
        Control.resume,
        Control.terminal,
        Control.shutdown,
    ),
    prefix="admin.",
)
