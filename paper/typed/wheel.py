"""`python -m paper wheel`: the client module under MetaTrader5's name."""

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from paper.packaging.wheel import PACKAGE, VERSION, write_wheel
from paper.packaging.where import VARIABLE
from paper.process import HOST_FAULT, complain
from paper.typed.words import PROGRAM
from paper.wire.places import ALONE_PORT


def main(words: Sequence[str]) -> int:
    """Write it and say what to do with it; 2 where it cannot be written."""
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} wheel", description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(), metavar="FOLDER", help="(here)")
    folder = parser.parse_args(words).into.resolve()
    try:
        path = write_wheel(folder)
    except OSError as wrong:
        complain(f"cannot write a wheel into {folder}: {wrong}")
        return HOST_FAULT
    sys.stdout.write(_told(path))
    return 0


def _told(path: Path) -> str:
    lines = [
        str(path),
        "It takes the name of the MetaTrader5 package: install it only into a throw-away",
        f"environment (python -m venv try; then pip install {path.name}), never where the genuine",
        f"package trades. It talks to the broker that `{PROGRAM}` starts on port",
        f"{ALONE_PORT}, or to another: set {VARIABLE}=host:port.",
        *_warning(),
    ]
    return "\n".join([*lines, ""])


def _warning() -> list[str]:
    """The environment this runs in may be the one with the genuine package."""
    try:
        found = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return []
    if found == VERSION:
        return []
    return [
        f"WARNING: this very environment has the genuine {PACKAGE} {found}: do not install here."
    ]
