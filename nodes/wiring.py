"""The one place where ports meet adapters: builds a node's door, sockets, journal and loop."""

import logging
import os
from collections.abc import Callable
from types import ModuleType

import msgspec

import config as machine
from config import Config
from db.connecting import present_address
from db.journal import Journal, journal_path
from db.journal_file import JournalDamaged, set_aside
from db.our_database import OurDatabase
from db.recalling import Recalling
from decisions.account_documents import parse_account
from domain.control import Settings
from domain.market import Identity
from domain.policies import AccountSettings, PaperAccount
from messaging.publisher import Publisher
from messaging.subscriber import Subscriber
from nodes.account_reader import AccountReader
from nodes.master_loop import MasterLoop, MasterParts
from nodes.ports import ControlLine
from nodes.slave_loop import SlaveLoop, SlaveParts
from terminal.mt5 import Mt5Terminal
from terminal.package import metatrader5
from utils.clock import SystemClock, utc_ms

logger = logging.getLogger(__name__)

PAPER = "paper"
LOCAL_HOST = "127.0.0.1"
#: A start with a new journal waits so long for the database; closes go on without it afterwards.
RECALLED_WITHIN_S = 2.5


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal that can be connected to, whose account it should be, and its name for a lease."""

    terminal: Mt5Terminal
    expected: Identity | None
    data_path: str


def reader(config: Config) -> AccountReader:
    """Documents into settings, with this machine's defaults."""
    defaults = config.account_defaults
    return AccountReader(lambda d: parse_account(d, defaults, machine.zone_exists))


def open_door(settings: AccountSettings, config: Config) -> Door:
    """The door to an account's terminal; the paper broker is started where it is wanted."""
    if settings.terminal == PAPER:
        return _paper_door(settings, config)
    return _real_door(settings, metatrader5())


def open_journal(name: str, config: Config, told: Settings) -> Journal:
    """The node's own memory on this machine; a new one where nobody can read the old one.

    Copies go on being closed: the broker and `trades` tell what is open (law 5). A person who
    starts a node by hand reads why it does not start, and another node may have the file open.
    """
    path = journal_path(config.state, name)
    try:
        return Journal(path, told.swarm, name, told.swarm_ids)
    except JournalDamaged:
        if not config.control_address:
            raise
        kept = set_aside(path, utc_ms())
        logger.exception("journal_set_aside", extra={"kept_as": str(kept)})
    made = Journal(path, told.swarm, name, told.swarm_ids)
    made.alarms = (
        f"journal: it was damaged, and is kept as {kept.name}; what it held is read from `trades` "
        "and the broker's deals",
    )
    return made


def database_of(config: Config, told: Settings) -> Callable[[], str]:
    """Where the database is now; the embedded one may start again elsewhere."""

    def where() -> str:
        return present_address(config) or told.embedded_uri

    return where


def build_master(
    settings: AccountSettings,
    told: Settings,
    config: Config,
    door: Door,
    journal: Journal,
    control: ControlLine,
) -> MasterLoop:
    """A master whose terminal is connected."""
    return MasterLoop(
        MasterParts(
            name=settings.name,
            pid=os.getpid(),
            door=door.terminal,
            outlet=Publisher(settings.name, host=LOCAL_HOST, ports=_ports(settings, told)),
            journal=journal,
            control=control,
            clock=SystemClock(),
            longest_look_s=config.master_poll_interval_ms / 1000,
            expected=door.expected,
            known_epochs=(told.last_epoch,),
        )
    )


def build_slave(
    settings: AccountSettings,
    told: Settings,
    config: Config,
    terminal: tuple[Door, Identity],
    journal: Journal,
    control: ControlLine,
) -> SlaveLoop:
    """A slave whose terminal is connected, with the identity it was found to have."""
    door, identity = terminal
    return SlaveLoop(
        SlaveParts(
            name=settings.name,
            pid=os.getpid(),
            swarm=told.swarm,
            door=door.terminal,
            inlet=Subscriber(),
            journal=journal,
            control=control,
            clock=SystemClock(),
            identity=identity,
            accounts=reader(config),
            settings=settings,
            told=told,
            has_supervisor=bool(config.control_address),
            recollection=_recollection(settings, told, config, journal),
        )
    )


def _recollection(
    settings: AccountSettings, told: Settings, config: Config, journal: Journal
) -> Recalling | None:
    """Whom to ask what a slave's new journal does not know; nobody where it is not new."""
    if not journal.is_new():
        return None
    database = OurDatabase(database_of(config, told), config.database_name)
    recalling = Recalling(database, told.swarm, settings.name, journal.united)
    recalling.start(RECALLED_WITHIN_S if told.database else 0.0)
    return recalling


def _paper_door(settings: AccountSettings, config: Config) -> Door:
    from paper import client
    from paper.admin import Admin
    from paper.starting import ensure_running

    state = config.state / PAPER
    address = ensure_running(
        state,
        port=config.paper_port,
        ticks=config.paper_ticks,
        speed=config.paper_speed,
        stamps=config.paper_stamps,
        seed=config.paper_seed,
    )
    wish = settings.paper or PaperAccount()
    with Admin(address.host, address.port) as admin:
        account = admin.ensure_account(
            settings.path,
            wish.broker,
            deposit=float(wish.deposit),
            currency=wish.currency,
            leverage=wish.leverage,
            margin_mode=wish.margin_mode,
            login=settings.login,
        )
    client._connect_to(address.host, address.port)  # noqa: SLF001 - the client's documented back door
    expected = Identity(int(account["login"]), str(account["server"]))
    door = Mt5Terminal(client, path=settings.path, expected=expected)
    # The key alone would name the same terminal in every paper broker of this machine.
    return Door(terminal=door, expected=expected, data_path=f"paper:{state}:{settings.path}")


def _real_door(settings: AccountSettings, module: ModuleType) -> Door:
    expected = Identity(settings.login, settings.server) if settings.login else None
    terminal = Mt5Terminal(
        module,
        path=settings.path,
        login=settings.login or None,
        server=settings.server or None,
        password=machine.resolve_secret(settings.password) or None,
        expected=expected,
    )
    return Door(terminal=terminal, expected=expected, data_path=settings.path)


def _ports(settings: AccountSettings, told: Settings) -> tuple[int, int]:
    """What the document says, else what this master had before, else any free pair."""
    if settings.pub_port:
        return settings.pub_port, settings.pub_port + 1
    if told.addresses is None:
        return 0, 0
    signals, snapshots = (int(a.rsplit(":", 1)[1]) for a in told.addresses)
    return signals, snapshots
