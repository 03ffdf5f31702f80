"""A master's and a slave's loop at two terminals of the real paper broker, joined by lists."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from domain.control import NodeReport, Settings
from domain.market import Identity
from domain.policies import AccountSettings
from messaging.in_memory import InMemoryBus, InMemoryControlLine
from nodes.account_reader import AccountReader
from nodes.master_loop import MasterLoop, MasterParts
from nodes.slave_loop import SlaveLoop, SlaveParts
from paper.address import Address
from paper.admin import Admin
from paper.starting import ensure_running
from terminal.mt5 import Mt5Terminal
from tests.builders import MASTER, SLAVE, some_settings
from tests.client_copies import fresh_client
from tests.fakes import FakeJournal
from tests.waiting import eventually
from utils.clock import SystemClock

DAY_S = 86_400
WEDNESDAY_NOON_S = 6 * DAY_S + DAY_S // 2  # 1970-01-07
SOON_S = 20.0
DONE = 10009


class Seat:
    """One account: its terminal as its user has it, and as its node has it."""

    def __init__(self, address: Address, key: str) -> None:
        self.key = key
        self.module = self._client(address)
        self.door = Mt5Terminal(self._client(address), path=key, timeout_ms=10_000)
        identity = self.door.connect()
        assert isinstance(identity, Identity)
        self.identity = identity
        self.journal = FakeJournal()

    def _client(self, address: Address) -> Any:
        module: Any = fresh_client()
        module._connect_to(address.host, address.port)
        assert module.initialize(self.key, timeout=5_000), module.last_error()
        return module

    def deal(self, symbol: str, volume: float, position: int = 0) -> int:
        """Buy, or sell of a position; the order's number."""
        return self._trade(symbol, volume, position, sells=bool(position))

    def sell(self, symbol: str, volume: float, position: int = 0) -> int:
        """Sell; the order's number."""
        return self._trade(symbol, volume, position, sells=True)

    def buy(self, symbol: str, volume: float, position: int = 0) -> int:
        """Buy, or buy a position back that was sold; the order's number."""
        return self._trade(symbol, volume, position, sells=False)

    def close_by(self, position: int, against: int) -> None:
        """Close two positions that face each other by one another."""
        done = self.module.order_send(action=10, position=position, position_by=against)
        assert done is not None, self.module.last_error()
        assert done.retcode == DONE, done

    def stop(self, position: int, price: float) -> None:
        """Move a position's SL."""
        done = self.module.order_send(action=6, position=position, sl=price)
        assert done is not None, self.module.last_error()
        assert done.retcode == DONE, done

    def _trade(self, symbol: str, volume: float, position: int, *, sells: bool) -> int:
        tick = eventually(lambda: self.module.symbol_info_tick(symbol))
        done = self.module.order_send(
            action=1,
            symbol=symbol,
            volume=volume,
            type=1 if sells else 0,
            price=tick.bid if sells else tick.ask,
            position=position,
            type_filling=0 if self.module.symbol_info(symbol).filling_mode & 1 else 1,
            deviation=500,
        )
        assert done is not None, self.module.last_error()
        assert done.retcode == DONE, done
        return int(done.order)

    def held(self) -> dict[int, float]:
        """Identifiers with their volumes."""
        return {p.identifier: round(p.volume, 2) for p in self.module.positions_get()}

    def tickets(self) -> set[int]:
        return {p.ticket for p in self.module.positions_get()}

    def leave(self) -> None:
        self.module.shutdown()
        self.door.close()


class Copying:
    """Both nodes; `until` lets them turn."""

    def __init__(self, address: Address, admin: Admin, **settings: Any) -> None:
        self.admin = admin
        self.bus = InMemoryBus()
        self.master, self.slave = Seat(address, "m"), Seat(address, "s")
        self.settings = some_settings(path="s", slippage_tolerance=1_000, **settings)
        self.swarm = "swarm"
        self.start()

    def start(self, *, awaits_all: bool = True) -> None:
        """Both start, or start again with what their journals kept; until the slave is ready."""
        for gone in self.bus.inlets:
            gone.close()
        self.outlet = self.bus.outlet(MASTER)
        self.master_loop = MasterLoop(
            MasterParts(
                name=MASTER,
                pid=1,
                door=self.master.door,
                outlet=self.outlet,
                journal=self.master.journal,
                control=InMemoryControlLine(),
                clock=SystemClock(),
                longest_look_s=0.05,
                expected=self.master.identity,
                known_epochs=(),
            )
        )
        self.said = InMemoryControlLine()
        self.slave_loop = SlaveLoop(
            SlaveParts(
                name=SLAVE,
                pid=2,
                swarm=self.swarm,
                door=self.slave.door,
                inlet=self.bus.inlet(),
                journal=self.slave.journal,
                control=self.said,
                clock=SystemClock(),
                identity=self.slave.identity,
                accounts=AccountReader(self._read),
                settings=self.settings,
                told=Settings(
                    document={"name": SLAVE},
                    masters={MASTER: self.outlet.addresses()},
                    all_masters=(MASTER,),
                    swarm=self.swarm,
                ),
                has_supervisor=False,
            )
        )
        if awaits_all:
            self.until(lambda: self.reports and self.reports[-1].ready)

    def _read(self, _: Any) -> AccountSettings:
        return self.settings

    @property
    def reports(self) -> list[NodeReport]:
        return [m for m in self.said.said if isinstance(m, NodeReport)]

    def until(self, condition: Callable[[], Any]) -> None:
        def turned() -> Any:
            self.master_loop.step()
            self.slave_loop.step()
            return condition()

        eventually(turned, SOON_S)

    def looks(self, times: int) -> None:
        """So many more reports of the slave, each a second after the last."""
        wanted = len(self.reports) + times
        self.until(lambda: len(self.reports) >= wanted)

    def verdicts(self) -> list[tuple[str, str]]:
        return [(v.event, v.kind.value) for v in self.slave.journal.verdicts]

    def leave(self) -> None:
        self.master.leave()
        self.slave.leave()


Begin = Callable[..., Copying]


@contextmanager
def beginnings(state: Path) -> Iterator[Begin]:
    """A paper broker on a Wednesday, and the two nodes at houses of one's choice."""
    address = ensure_running(state)
    copying: list[Copying] = []
    with Admin(address.host, address.port) as admin:
        now_s = admin.advance_clock(0) // 1000
        admin.advance_clock((WEDNESDAY_NOON_S - now_s) % (7 * DAY_S) * 1000)

        def beginning(
            masters: str,
            slaves: str,
            modes: tuple[str, str] = ("hedging", "hedging"),
            deposit: float = 100_000.0,
            **settings: Any,
        ) -> Copying:
            admin.ensure_account("m", masters, margin_mode=modes[0], deposit=deposit)
            admin.ensure_account("s", slaves, margin_mode=modes[1], deposit=deposit)
            copying.append(Copying(address, admin, **settings))
            return copying[0]

        yield beginning
        for one in copying:
            one.leave()
    broker = psutil.Process(address.pid)
    broker.kill()
    broker.wait(10)
