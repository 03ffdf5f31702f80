"""The swarm that is edited: its folder and launcher, its database and broker, its trader."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pymongo.database import Database

import config as machine
from commands.demonstration.accounts import documents
from commands.staging import books
from commands.staging.processes import end_all
from commands.staging.scenery import Scenery, Wish, end_servers, put_up, servers_of, take_down
from db.clients import connect
from db.journal import Glance, glance, journal_path
from db.journal_file import JournalRefused
from db.schema import ACCOUNTS, NODES
from domain.records import JournalUnwritable
from nodes.supervisor import pid_file
from paper import client
from paper.service.tick_files import bundled
from utils import os_signals
from utils.os_signals import new_process_group_kwargs

Document = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
MASTER = "Edit_Master"
MASTER_PATH = "edit-master"
SYMBOL = "EURUSD"
SUFFIX = ".c"
END_WITHIN_S = 20.0
FIRST_LOGIN = 52_000_000


def master() -> Document:
    """Whom all the others copy."""
    return {
        "name": MASTER,
        "type": "MASTER",
        "terminal": "paper",
        "path": MASTER_PATH,
        "enabled": True,
        "paper": {"broker": "FTMO-Demo"},
    }


def slave(number: int) -> Document:
    """A slave before its first edit; the tape jumps, so that no distance stands in the way."""
    return {
        "name": f"Edit_Slave_{number:02d}",
        "type": "SLAVE",
        "terminal": "paper",
        "path": f"edit-slave-{number:02d}",
        "login": FIRST_LOGIN + number,
        "enabled": True,
        "paper": {"broker": "Apex-Demo"},
        "suffix": SUFFIX,
        "slippage_tolerance": 20000,
        "magic_number": 234000,
        "labels": ["edited"],
    }


class Seen(NamedTuple):
    """What one account's node shows: its process, its report in `nodes`, its journal."""

    pid: int
    report: Document
    journal: Glance | None


class World:
    """Stands until `end`, which leaves no process and no folder behind."""

    def __init__(self, slaves: int, seed: int, *, keep: bool) -> None:
        ticks = tuple(bundled())
        wish = Wish(
            purpose="edits", accounts=documents(1), speed=1.0, seed=seed, ticks=ticks, keep=keep
        )
        self.scenery: Scenery = put_up(wish)
        self._client = connect(self.scenery.database_uri)
        self.database: Database[Document] = self._client[self.scenery.config.database_name]
        self.documents = [master(), *(slave(number) for number in range(1, slaves + 1))]
        self.database[ACCOUNTS].delete_many({})
        self.database[ACCOUNTS].insert_many([dict(one) for one in self.documents])
        self.console = self.scenery.folder / "console.txt"
        self._launcher = self._launch()

    @property
    def state(self) -> Path:
        """The swarm's folder."""
        return self.scenery.config.state

    def launcher_lives(self) -> bool:
        """Whether the swarm is still run by anybody."""
        return self._launcher.poll() is None

    def seen(self, names: Iterable[str]) -> dict[str, Seen]:
        """All of these accounts at once."""
        run = pid_file.read(self.state)
        pids = {} if run is None else {name: node.pid for name, node in run.nodes.items()}
        reports = {str(found["name"]): found for found in self.database[NODES].find()}
        return {
            name: Seen(pids.get(name, 0), reports.get(name, {}), self._journal(name))
            for name in names
        }

    def books(self, document: Document) -> books.Books:
        """Everything an account's broker shows; the master's hands let go of its terminal."""
        return books.books_of(self.scenery.broker, document)

    def end(self) -> list[str]:
        """End everything; who had to be killed."""
        if self._launcher.poll() is None:
            os_signals.ask_to_stop(self._launcher.pid)
        try:
            self._launcher.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
        self._client.close()
        known = servers_of(self.scenery.config)
        end_servers(self.scenery.config)
        killed = end_all(known, self.scenery.folder, within_s=5.0)
        take_down(self.scenery)
        return killed

    def _launch(self) -> subprocess.Popen[bytes]:
        with self.console.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "launcher.py"), "--no-setup"],
                cwd=ROOT,
                env=machine.child_environment(self.scenery.config),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                **new_process_group_kwargs(),
            )

    def _journal(self, name: str) -> Glance | None:
        path = journal_path(self.state, name)
        try:
            return glance(path) if path.exists() else None
        except (JournalRefused, JournalUnwritable):
            return None


class Hands:
    """The person at the master's terminal, who buys, sells and closes."""

    def __init__(self, world: World) -> None:
        broker = world.scenery.broker
        client._connect_to(broker.host, broker.port)  # noqa: SLF001 - the client's documented back door
        if not client.initialize(MASTER_PATH):
            raise OSError(f"the master's terminal does not answer: {client.last_error()}")
        client.symbol_select(SYMBOL, True)  # noqa: FBT003 - MetaTrader's own signature

    def held(self) -> list[Any]:
        """The master's positions."""
        return list(client.positions_get() or ())

    def open(self, volume: float, *, buy: bool) -> int:
        """The new position's ticket."""
        return self._deal(client.ORDER_TYPE_BUY if buy else client.ORDER_TYPE_SELL, volume)

    def close(self, position: Any) -> None:  # noqa: ANN401 - MetaTrader's own type
        """All of it."""
        self._deal(1 - position.type, position.volume, position=position.ticket)

    def _deal(self, kind: int, volume: float, **more: int) -> int:
        tick = client.symbol_info_tick(SYMBOL)
        if tick is None:
            raise OSError(f"no price of {SYMBOL}: {client.last_error()}")
        wish = {
            "action": client.TRADE_ACTION_DEAL,
            "symbol": SYMBOL,
            "volume": volume,
            "type": kind,
            "price": tick.ask if kind == client.ORDER_TYPE_BUY else tick.bid,
            "deviation": 20000,
            "type_filling": client.ORDER_FILLING_IOC,
            **more,
        }
        done = client.order_send(wish)
        if done is None or done.retcode != client.TRADE_RETCODE_DONE:
            raise OSError(f"the master's broker refused {wish}: {done or client.last_error()}")
        return int(done.order)
