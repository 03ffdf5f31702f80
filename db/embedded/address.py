"""Where a running embedded database is found: `embedded.json` in its folder."""

import threading
from contextlib import suppress
from pathlib import Path

import msgspec

FILE = "embedded.json"
#: How the server names itself to whoever asks.
PROCESS = "murmuration-embedded"
_MOST_TRIES = 100
_TRY_AGAIN_AFTER_S = 0.01


class Address(msgspec.Struct, frozen=True):
    """The server's process and port."""

    pid: int
    port: int
    uri: str


def write_address(state: Path, address: Address) -> None:
    """Write it so that a reader sees all of it or none."""
    fresh = state / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(address))
    for _ in range(_MOST_TRIES):
        try:
            fresh.replace(state / FILE)
        except PermissionError:  # on Windows while somebody reads the old one
            threading.Event().wait(_TRY_AGAIN_AFTER_S)
        else:
            return
    fresh.replace(state / FILE)


def remove_address(state: Path) -> None:
    """The server has ended; a file that stays would be found stale anyway."""
    with suppress(OSError):
        (state / FILE).unlink()


def read_address(state: Path) -> Address | None:
    """What was written last, if anything."""
    try:
        return msgspec.json.decode((state / FILE).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return None
