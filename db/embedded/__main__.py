"""Start the embedded database: `python -m db.embedded --state DIR --port 27117`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from db.embedded.address import Address, remove_address, write_address
from db.embedded.answering.cursors import Cursors
from db.embedded.answering.requests import House
from db.embedded.file.keeping import CommitFailed
from db.embedded.file.opening import StorageError
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.holding.history import History, Rules
from db.embedded.server import HOST, Server
from db.embedded.starting import ALREADY_RUNNING, CANNOT_START, HISTORY_LIMIT, TAKES_NO_WRITES
from db.schema import COLLECTIONS, SWARM
from utils.clock import SystemClock
from utils.randomness import token

logger = logging.getLogger("db.embedded")

DESCRIPTION = """\
The embedded database: MongoDB's wire protocol over one SQLite file, on this machine alone.
The launcher starts it where no MongoDB answers; this starts it by hand."""
EPILOG = """\
Connect with mongosh or a driver to mongodb://127.0.0.1:PORT/, without user and password; end it
with Ctrl+C. One server at a time can hold a folder. It ends with 0 when told to, 2 when it cannot
start, 3 when its file takes no more writes, 4 when another server holds the folder.
docs/EMBEDDED_DB.md says what works and what is refused."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 2 when it cannot start, 3 when the file takes no more writes."""
    asked = _parser().parse_args(arguments)
    state = Path(asked.state).resolve()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        state.mkdir(parents=True, exist_ok=True)
        with (
            FileLock(state / "embedded.lock", timeout=0),
            Storage(state / "embedded.db") as storage,
        ):
            return asyncio.run(_serve(storage, state, int(asked.port), int(asked.history_limit)))
    except Timeout:
        _refuse(f"another embedded database is running on {state}: use that one")
        return ALREADY_RUNNING
    except StorageError as reason:
        return _refuse(str(reason))
    except OSError as reason:
        return _refuse(f"{reason}. Make room on the disk of {state}, or make the folder writable")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m db.embedded",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--state", required=True, metavar="FOLDER", help="the folder of the database file"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=27117,
        help="the port on 127.0.0.1, %(default)s by default; 0 takes any free one",
    )
    parser.add_argument(
        "--history-limit",
        type=_at_least_one,
        default=HISTORY_LIMIT,
        metavar="N",
        help="documents that a collection of history may hold before its oldest go to "
        "FOLDER/archive, %(default)s by default",
    )
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"wanted at least 1, found {number}")
    return number


def _refuse(text: str) -> int:
    logger.critical("the embedded database cannot start: %s", text)
    return CANNOT_START


async def _serve(storage: Storage, state: Path, port: int, history_limit: int) -> int:
    clock = SystemClock()
    cursors = Cursors(first=int(token(6), 16))
    house = House(Engine(storage), cursors, clock, clock.now(), os.getpid())
    server = Server(house, History(house.engine, clock, state, _rules(history_limit)))
    try:
        bound = await server.listen(port)
    except OSError as reason:
        return _refuse(
            f"port {port} on {HOST} cannot be opened ({reason}): another program uses it. "
            "End that program or choose another port."
        )
    _stop_on_signals(server)
    write_address(state, Address(os.getpid(), bound, f"mongodb://{HOST}:{bound}/"))
    logger.info("ready on mongodb://%s:%s/, file %s", HOST, bound, storage.path)
    try:
        await server.stopped
    except CommitFailed:
        return TAKES_NO_WRITES
    finally:
        remove_address(state)
    logger.info("ended, everything written")
    return 0


def _rules(history_limit: int) -> Rules:
    may_go = {plan.name: plan.history for plan in COLLECTIONS if plan.history is not None}
    return Rules(may_go, beside=SWARM, limit=history_limit)


def _stop_on_signals(server: Server) -> None:
    loop = asyncio.get_running_loop()
    names = ("SIGTERM", "SIGINT", "SIGBREAK")
    for number in [getattr(signal, name) for name in names if hasattr(signal, name)]:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(server.stop))


if __name__ == "__main__":
    sys.exit(main())
