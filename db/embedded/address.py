"""Where a running embedded database is found: `embedded.json` in its folder."""

from pathlib import Path

import msgspec

FILE = "embedded.json"


class Address(msgspec.Struct, frozen=True):
    """The server's process and port."""

    pid: int
    port: int
    uri: str


def write_address(state: Path, address: Address) -> None:
    """Write it so that a reader sees all of it or none."""
    fresh = state / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(address))
    fresh.replace(state / FILE)


def read_address(state: Path) -> Address | None:
    """What was written last, if anything."""
    try:
        return msgspec.json.decode((state / FILE).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError):
        return None
