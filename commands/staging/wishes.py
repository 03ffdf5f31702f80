"""What a person may ask a demo or a drill for: numbers that make sense, and a file to write."""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

#: What the paper broker takes as a seed.
MOST_SEED = 2**32 - 1
#: Each is a process on this machine.
MOST_ACCOUNTS = 200
MOST_SECONDS = 86_400.0
MOST_PACE = 10.0
MOST_KILLS = 100_000
MOST_SPEED = 1_000_000.0
MB = 1_000_000


def whole(most: int) -> Callable[[str], int]:
    """From 0 to so many."""
    return _within(0, most)


def count(most: int) -> Callable[[str], int]:
    """From 1 to so many."""
    return _within(1, most)


def above_zero(most: float) -> Callable[[str], float]:
    """More than nothing, and no more than that."""

    def read(text: str) -> float:
        wanted = f"wanted a number above 0, up to {most:g}, found {text}"
        number = _read(float, text, wanted)
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(wanted)
        return number

    return read


def check_file_to_write(file: Path | None) -> None:
    """What would only come to light at the end: raises OSError where --json cannot be written."""
    try:
        found = "" if file is None else _in_the_way(file)
    except OSError as fault:
        found = f"{file}: {fault.strerror}"
    if found:
        raise OSError(f"--json: wanted a file, found {found}")


def check_room(folder: Path, wanted_mb: float) -> None:
    """A database or a broker that cannot write gives up without telling why."""
    found_mb = shutil.disk_usage(folder).free / MB
    if found_mb < wanted_mb:
        raise OSError(f"wanted {wanted_mb:.0f} MB free in {folder}, found {found_mb:.0f} MB")


def _in_the_way(file: Path) -> str:
    """What is there stays as it is, and what is not there is not left behind."""
    if file.is_dir():
        return f"a folder at {file}"
    if not file.resolve().parent.is_dir():
        return f"no folder for {file}"
    was_there = file.exists()
    with file.open("ab"):
        pass
    if not was_there:
        file.unlink()
    return ""


def _within(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        wanted = f"wanted {least} to {most}, found {text}"
        number = _read(int, text, wanted)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(wanted)
        return number

    return read


def _read(kind: Callable[[str], T], text: str, wanted: str) -> T:
    try:
        return kind(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(wanted) from fault
