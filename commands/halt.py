"""`halt`: forbids new trades on accounts, until resume; closes go on."""

import argparse

from commands import ordering

add_arguments = ordering.add_arguments


def run(args: argparse.Namespace) -> int:
    """Give the order, and wait until it is acknowledged."""
    return ordering.order("HALT", args)
