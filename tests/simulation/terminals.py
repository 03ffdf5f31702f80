"""A terminal without sockets: paper's own client module above, paper's own broker below."""

from collections.abc import Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

import msgspec

from paper.module.failures import NOT_CONNECTED, RECEIVE_FAILED, SEND_FAILED, Failed, refused
from paper.service.answers.symbols import symbol_info_tick
from paper.service.answers.terminal import account_info, terminal_info
from paper.service.faults.course import BreakPipe, Die, Execute, Happen, Hold, Tell, Wait
from paper.service.faults.performing import told
from paper.service.faults.rules import Called
from paper.service.session import Session
from paper.service.world import ServerRefusal
from paper.wire.protocol import OK
from tests.client_copies import fresh_client
from tests.simulation.brokers import Brokers

GREETING = "hello"
#: So long that looking, which may cost a share of the time only, is not what a run is spent on.
READ_MS = 6.0
ORDER_MS = (8.0, 60.0)
HANG_SLICE_US = 500_000


class Interruptions:
    """What may befall a process in the middle of a call; the host of a node fills it in."""

    def before(self, verb: str) -> None:
        """The call is about to leave."""

    def after(self, verb: str) -> None:
        """The answer is about to be read."""


@lru_cache(maxsize=16)
def module_copy(number: int) -> ModuleType:
    """One copy of the module per terminal, as one process each would have."""
    return fresh_client()


def client_of(number: int, brokers: Brokers, key: str, within: Interruptions) -> ModuleType:
    """The module, tied to the brokers in this process in place of a socket."""
    module: Any = module_copy(number)
    module._calls.begin_afresh()
    session = module._session
    session._connection = None
    session._has_met_a_terminal = False
    session.pushed = Pushes(brokers, key)
    session._connected = lambda path: Pipe(brokers, key, within)
    return module


class Pushes:
    """Stands in for paper.module.pushed.Pushed: what is pushed is there at once."""

    def __init__(self, brokers: Brokers, key: str) -> None:
        self._brokers = brokers
        self._session = brokers.session()
        self._terminal = brokers.world.terminal(key)
        self._session.take_up(self._terminal)
        self._known: dict[str, tuple[object, Any]] = {}
        self._is_fresh = True

    def follow(self, *_: object) -> None:
        """There is nobody else to follow."""

    def unfollow(self) -> None:
        """Forget."""
        self._known.clear()

    def drain(self) -> None:
        """Nothing is on its way."""

    close = drain

    def socket(self) -> object:
        """Nobody waits on it."""
        return self

    def state(self, verb: str) -> Any:
        """account_info or terminal_info; None where the broker itself must be asked."""
        if verb in self._terminal.to_ask:
            return None
        if verb == "account_info":
            self._brokers.witness.login_was_read(self._terminal.key)
        version = self._version()
        known = self._known.get(verb)
        if known is None or known[0] != version:
            read = account_info if verb == "account_info" else terminal_info
            known = self._known[verb] = version, read(self._session)
        return known[1]

    def tick(self, symbol: str) -> Any:
        """symbol_info_tick."""
        if "symbol_info_tick" in self._terminal.to_ask:
            return None
        if symbol not in self._session.house.market.profiles:
            return None
        return symbol_info_tick(self._session, symbol)

    def remember_state(self, *_: object) -> None:
        """It is there anyway."""

    remember_tick = remember_state

    def positions_changed(self) -> bool:
        """True once after a change."""
        seen = self._is_fresh or self._terminal.positions_changed
        self._is_fresh = self._terminal.positions_changed = False
        return seen

    def _version(self) -> object:
        house, account = self._session.house, self._session.account
        return (
            self._terminal.login,
            self._terminal.broker,
            self._terminal.switches,
            account.changes,
            house.market.moves if account.positions else 0,
        )


class Pipe:
    """Stands in for paper.module.connection.Connection: a call is answered by the broker here."""

    is_held = False

    def __init__(self, brokers: Brokers, key: str, within: Interruptions) -> None:
        self._brokers = brokers
        self._key = key
        self._within = within
        self._session: Session = brokers.session()
        self._loss = 0
        self._dice = brokers.kernel.dice("pipe", key)
        brokers.pipes.append(self)

    @property
    def key(self) -> str:
        """The terminal it leads to."""
        return self._key

    def is_alive(self) -> bool:
        """Whether anything can still be asked."""
        return self._loss == 0

    def lost(self) -> Failed:
        """Why not."""
        return refused("", self._loss)

    def close(self) -> None:
        """Hang up."""
        self.break_off(NOT_CONNECTED)

    def break_off(self, loss: int) -> None:
        """Nothing more is heard here."""
        self._loss = self._loss or loss
        if self in self._brokers.pipes:
            self._brokers.pipes.remove(self)

    def ask(self, verb: str, *args: object) -> Any:
        """The payload of the broker's answer; a Failed says why there is none."""
        if not self.is_alive():
            raise self.lost()
        if verb == GREETING:
            return {}
        self._within.before(verb)
        asked = _over_the_wire(args)
        if verb == "order_send":
            self._brokers.witness.is_sent(self._key, asked[0])
        code, payload = self._course(verb, asked)
        self._within.after(verb)
        if not self.is_alive():
            raise refused("", RECEIVE_FAILED)
        if code == OK:
            return payload
        raise refused(verb, code, payload)

    def _course(self, verb: str, args: list[Any]) -> tuple[int, Any]:
        self._brokers.kernel.wait(self._usual_us(verb))
        called = Called(terminal=self._key, verb=verb, args=args)
        answer: tuple[int, Any] = (RECEIVE_FAILED, None)
        try:
            steps = self._brokers.faults.course(called)
        except ServerRefusal as refusal:
            return refusal.code, str(refusal)
        for step in steps:
            answer = self._do(step, called, answer)
            if isinstance(step, Die | BreakPipe):
                break
        return answer

    def _do(self, step: object, called: Called, answer: tuple[int, Any]) -> tuple[int, Any]:
        brokers = self._brokers
        match step:
            case Wait():
                self._wait(step)
            case Happen(live=live):
                brokers.faults.begin(live)
            case Execute(struck=struck):
                return self._execute(called, struck)
            case Die(fault=fault):
                brokers.faults.kill(called.terminal, fault)
                brokers.cut_off()
            case BreakPipe():
                self.break_off(SEND_FAILED)
            case Hold() | Tell():
                pass
        return answer

    def _execute(self, called: Called, struck: Sequence[Any]) -> tuple[int, Any]:
        witness = self._brokers.witness
        if called.verb == "account_info":
            witness.login_was_read(self._key)
        code, payload = told(self._session, called, tuple(struck))
        payload = _over_the_wire(payload)
        if called.verb == "orders_get" and code == OK:
            witness.orders_were_read(self._key, payload)
        if called.verb == "positions_get" and called.args[0] == "all" and code == OK:
            witness.positions_were_read(self._key, payload)
        if called.verb == "order_send":
            witness.is_answered(self._key, called.args[0], code, payload)
        return code, payload

    def _wait(self, step: Wait) -> None:
        """For ever means until the fault is taken back, or the process is killed."""
        if step.ms is not None:
            self._brokers.kernel.wait(int(step.ms * 1_000))
            return
        while self.is_alive() and not (step.kept_by is None or step.kept_by.is_taken_back):
            self._brokers.kernel.wait(HANG_SLICE_US)

    def _usual_us(self, verb: str) -> int:
        ms = self._dice.uniform(*ORDER_MS) if verb == "order_send" else READ_MS
        return int(ms * 1_000)


def _over_the_wire(value: object) -> Any:
    """As bytes and back, so that both ends share nothing."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))
