"""Where a running paper broker is found: one small file in its state folder."""

from pathlib import Path
from typing import Final

import msgspec

ADDRESS_FILE: Final = "paper.json"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A running paper broker."""

    pid: int
    port: int
    pub_port: int
    instance: str
    state_dir: str
    host: str = "127.0.0.1"


def publish(address: Address) -> None:
    """Write it so that a reader sees all of it or nothing."""
    path = Path(address.state_dir) / ADDRESS_FILE
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(address))
    fresh.replace(path)


def withdraw(address: Address) -> None:
    """Nobody is to be looked for here any more."""
    (Path(address.state_dir) / ADDRESS_FILE).unlink(missing_ok=True)


def published(state_dir: Path) -> Address | None:
    """What the file says; None if there is none or it cannot be read."""
    try:
        return msgspec.json.decode((state_dir / ADDRESS_FILE).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError):
        return None
