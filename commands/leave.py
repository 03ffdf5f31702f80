"""`leave`: lets go of all copies of accounts: they stay open, and are foreign from then on."""

import argparse

from commands import ordering

add_arguments = ordering.add_arguments


def run(args: argparse.Namespace) -> int:
    """Give the order, and wait until it is acknowledged."""
    return ordering.order("LEAVE", args)
