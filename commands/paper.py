"""`launcher.py paper`: the paper broker alone; its own command line is `python -m paper`."""

import argparse

from paper.typed.command_line import main


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what follows the command; the paper broker reads it."""
    parser.add_argument("words", nargs=argparse.REMAINDER, help="what python -m paper takes")


def run(args: argparse.Namespace) -> int:
    """Hand over."""
    return main(args.words)
