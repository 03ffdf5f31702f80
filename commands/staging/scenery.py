"""A world of one's own: a folder, ports, a database, a paper broker and accounts."""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock

import config as machine
from commands.staging.leftovers import disown, own
from commands.staging.ports import free_ports
from commands.staging.ticks import lively
from config import Config
from db.clients import connect
from db.connecting import adopt
from db.embedded.address import read_address
from db.embedded.asking import ask
from db.embedded.starting import ensure_running as ensure_database
from db.moments import moment
from db.remembered import EMBEDDED, Remembered, remember
from db.schema import ACCOUNTS
from db.setting_up import set_up
from domain.account_fields import AccountDefaults
from domain.policies import Role
from paper.address import Address, published
from paper.admin import Admin, AdminError
from paper.starting import ensure_running as ensure_broker
from utils.clock import utc_ms

PAPER = "paper"
#: The launcher's and the two servers'; behind them come two for each master.
SERVERS = 3
#: What a document that is silent about it gets, here and in the judge's eyes.
SHIPPED = AccountDefaults()


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the world is for, and what the person who typed the command asked for."""

    purpose: str
    accounts: tuple[dict[str, Any], ...]
    speed: float
    seed: int
    ticks: tuple[Path, ...]
    keep: bool
    #: Whether our own clock can be made to jump.
    clock: bool = False
    #: Whether the brokers' time is now, or the ticks' own.
    stamps: str = "live"


class Scenery(msgspec.Struct, frozen=True, kw_only=True):
    """Such a world while it stands."""

    folder: Path
    keep: bool
    config: Config
    database_uri: str
    broker: Address
    accounts: tuple[dict[str, Any], ...]
    #: That it still has an owner.
    lock: FileLock


def put_up(wish: Wish) -> Scenery:
    """Make everything that the swarm finds at its start; nothing half-done stays behind."""
    # Resolved, as the servers name it on their command lines, by which they are found at the end.
    folder = Path(tempfile.mkdtemp(prefix=f"murmuration-{wish.purpose}-")).resolve()
    with ExitStack() as undo:
        lock = own(folder, keep=wish.keep)
        undo.callback(_clear_away, folder, lock)
        config = _settings(folder, wish)
        uri = _database(config, wish.accounts)
        broker = _broker(config, wish.accounts)
        undo.pop_all()
    return Scenery(
        folder=folder,
        keep=wish.keep,
        config=config,
        database_uri=uri,
        broker=broker,
        accounts=wish.accounts,
        lock=lock,
    )


def end_servers(config: Config) -> None:
    """Ask both servers to end; whoever is gone already is left in peace."""
    broker = published(config.state / PAPER)
    if broker is not None:
        with suppress(OSError, AdminError), Admin(broker.host, broker.port, within_s=1.0) as admin:
            admin.shutdown()
    database = read_address(config.state)
    if database is not None:
        ask(database.port, {"shutdown": 1}, within_s=1.0)


def servers_of(config: Config) -> list[int]:
    """The servers' processes, as they signed themselves."""
    found = (published(config.state / PAPER), read_address(config.state))
    return [address.pid for address in found if address is not None]


def take_down(scenery: Scenery) -> None:
    """Remove the folder, unless it is to be kept."""
    disown(scenery.lock)
    if not scenery.keep:
        shutil.rmtree(scenery.folder, ignore_errors=True)


def _clear_away(folder: Path, lock: FileLock) -> None:
    state = folder / "state"
    if state.exists():
        end_servers(msgspec.structs.replace(machine.load({}), state=state))
    disown(lock)
    shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, wish: Wish) -> Config:
    """Nothing of the user's: neither his environment nor the constants he edited."""
    masters = sum(account["type"] == Role.MASTER.value for account in wish.accounts)
    control, database, broker, signals, *_behind = free_ports(SERVERS + 2 * max(masters, 1))
    own = {
        "DATABASE_NAME": f"murmuration_{wish.purpose}",
        "DEFAULT_SLIPPAGE_TOLERANCE": f"{SHIPPED.slippage_tolerance:f}",
        "DEFAULT_MAGIC_NUMBER": str(SHIPPED.magic_number),
        "ZMQ_PUB_PORT": str(signals),
        "CONTROL_PORT": str(control),
        "EMBEDDED_DB_PORT": str(database),
        "PAPER_PORT": str(broker),
        "MURMURATION_STATE": str(folder / "state"),
        "MURMURATION_LEASES": str(folder / "leases"),
        "PAPER_SPEED": repr(wish.speed),
        "PAPER_SEED": str(wish.seed),
        "PAPER_STAMPS": wish.stamps,
    }
    settings = machine.load(own)
    return msgspec.structs.replace(
        settings,
        mongo_uri=machine.UNCHANGED_MONGO_URI,
        mongo_uri_is_set=False,
        paper_ticks=wish.ticks or lively(folder / "ticks"),
        control_address="",
        clock=folder / "clock" if wish.clock else None,
    )


def _database(config: Config, accounts: Sequence[Mapping[str, Any]]) -> str:
    """An embedded database from the first moment, whatever answers on this machine."""
    uri = ensure_database(config.state, port=config.embedded_db_port, python=sys.executable)
    remember(config.state, Remembered(kind=EMBEDDED, swarm_ids=()))
    adopt(config)
    client = connect(uri)
    try:
        database = client[config.database_name]
        set_up(database, config.account_defaults, moment(utc_ms()))
        database[ACCOUNTS].delete_many({})
        database[ACCOUNTS].insert_many([dict(account) for account in accounts])
    finally:
        client.close()
    return uri


def _broker(config: Config, accounts: Sequence[Mapping[str, Any]]) -> Address:
    """A paper broker with everybody's account, so that its books can be read whatever happens."""
    address = ensure_broker(
        config.state / PAPER,
        port=config.paper_port,
        ticks=config.paper_ticks,
        speed=config.paper_speed,
        stamps=config.paper_stamps,
        seed=config.paper_seed,
    )
    with Admin(address.host, address.port) as admin:
        for account in accounts:
            admin.ensure_account(account["path"], **account["paper"])
    return address
