"""`close`: closes all copies of accounts, and withdraws their waiting orders; what opens stays."""

import argparse

from commands import ordering

add_arguments = ordering.add_arguments


def run(args: argparse.Namespace) -> int:
    """Give the order, and wait until it is acknowledged."""
    return ordering.order("CLOSE", args)
