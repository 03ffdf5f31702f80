"""Runs the tests of this checkout with pytest."""

import argparse
import subprocess
import sys
from pathlib import Path

from first_start import wait_for

ROOT = Path(__file__).resolve().parent.parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what follows the command; pytest reads it, not we."""
    parser.add_argument("words", nargs=argparse.REMAINDER, help="arguments for pytest")


def run(args: argparse.Namespace) -> int:
    """Run pytest in the root folder, from wherever it was called; pytest has the last word."""
    command = [sys.executable, "-m", "pytest", *args.words]
    return wait_for(subprocess.Popen(command, cwd=ROOT))
