"""`python -m paper account`: lists the accounts of a running broker, or opens one."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from paper.admin import Admin, AdminError
from paper.process import HOST_FAULT, complain
from paper.starting import answering
from paper.typed import options
from paper.typed.words import PROGRAM


def main(words: Sequence[str]) -> int:
    """2 where nobody serves the folder, 1 where the broker says no."""
    given = _parser().parse_args(words)
    address = answering(given.state.resolve())
    if address is None:
        complain(f"nobody serves {given.state.resolve()}; start one first: {PROGRAM}")
        return HOST_FAULT
    try:
        with Admin(address.host, address.port) as admin:
            sys.stdout.write(_opened(admin, given) if given.key else _listed(admin))
    except AdminError as refused:
        complain(str(refused))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} account",
        description="Without a KEY: lists terminals and accounts. With one: opens an account.",
    )
    parser.add_argument("key", nargs="?", default="", help="the path a script gives initialize()")
    options.add_state(parser)
    options.add_terms(parser)
    parser.add_argument(
        "--margin-mode", choices=("hedging", "netting", "exchange"), default="hedging"
    )
    parser.add_argument("--login", type=int, default=0, help="a number of your own; 0 draws one")
    return parser


def _opened(admin: Admin, given: argparse.Namespace) -> str:
    made = admin.ensure_account(
        given.key,
        given.broker,
        deposit=given.deposit,
        currency=given.currency,
        leverage=given.leverage,
        margin_mode=given.margin_mode,
        login=given.login,
    )
    return f"{given.key}: {made['login']} at {made['server']}\n"


def _listed(admin: Admin) -> str:
    terminals = admin.status()["terminals"]
    return "".join(account_line(told) + "\n" for told in terminals) or "no account yet\n"


def account_line(told: dict[str, Any]) -> str:
    """One terminal with its account."""
    return (
        f"{told['key']}: {told['login']} at {told['server']}, balance {told['balance']:,.2f}, "
        f"positions {told['positions']}, deals {told['deals']}"
    )
