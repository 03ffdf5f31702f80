"""What a person may ask a demo or a drill for: numbers that make sense, and a file to write."""

import argparse
import math
from pathlib import Path


def whole(text: str) -> int:
    """0 or more."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"wanted 0 or more, found {text}")
    return number


def count(text: str) -> int:
    """1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"wanted 1 or more, found {text}")
    return number


def above_zero(text: str) -> float:
    """More than nothing, and less than everything."""
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"wanted a number above 0, found {text}")
    return number


def check_file_to_write(file: Path | None) -> None:
    """What would only come to light at the end: raises OSError where --json cannot be written."""
    if file is None:
        return
    if file.is_dir():
        raise IsADirectoryError(f"--json: wanted a file, found a folder at {file}")
    if not file.resolve().parent.is_dir():
        raise FileNotFoundError(f"--json: wanted a folder that is there, found none for {file}")
