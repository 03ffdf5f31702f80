"""`symbols`: names and contracts of symbols that wait for a person, and how they are accepted."""

import argparse
from collections.abc import Callable, Mapping

import config
from commands.accounts.answer import Answer, Refused, give, give_refusal
from commands.accounts.desk import Desk
from commands.swarm_database import NoSwarm, swarm_database
from commands.symbols.accepting import accept, accept_contract, dismiss
from commands.symbols.listing import list_symbols
from db.clients import DATABASE_ERRORS

LIST = "list"

ACTIONS: Mapping[str, Callable[[argparse.Namespace, Desk], Answer]] = {
    LIST: list_symbols,
    "accept": accept,
    "accept-contract": accept_contract,
    "dismiss": dismiss,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare every action; without one everything that waits for a person is listed."""
    parser.add_argument("--json", action="store_true", help="one JSON value, for programs")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listing = _action(actions, LIST, "what waits for a person, with candidates")
    listing.add_argument("names", nargs="*", metavar="ACCOUNT")
    _accept_arguments(_action(actions, "accept", "write a symbol's name into an account's map"))
    _contract_arguments(
        _action(actions, "accept-contract", "let copies be opened under contracts as they are now")
    )
    dismissing = _action(actions, "dismiss", "take symbols off the list, without a name")
    dismissing.add_argument("name", metavar="ACCOUNT")
    dismissing.add_argument("symbols", nargs="+", metavar="MASTER_SYMBOL")


def run(args: argparse.Namespace) -> int:
    """Do it: 0 done, 1 it could not be done, 2 wrong use or no database."""
    args.action = args.action or LIST
    args.names = getattr(args, "names", [])
    try:
        settings = config.load()
        with swarm_database(settings) as database:
            desk = Desk(database, settings, f"symbols {args.action}")
            answer = ACTIONS[args.action](args, desk)
    except (config.ConfigError, NoSwarm, Refused, OSError, *DATABASE_ERRORS) as fault:
        return give_refusal(fault, as_json=args.json)
    return give(answer, as_json=args.json)


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_text, description=f"{help_text}.")
    # Before or after the action: a default here would undo what was typed before it.
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON value"
    )
    return parser


def _accept_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="ACCOUNT")
    parser.add_argument("master_symbol", metavar="MASTER_SYMBOL")
    parser.add_argument(
        "slave_symbol",
        nargs="?",
        default="",
        metavar="SLAVE_SYMBOL",
        help="what the account's broker calls it, as in symbol_map: GOLD, or DJ30|0.1 with a lot "
        "factor (default: the candidate, where there is no doubt about it)",
    )
    _no_wait(parser)


def _contract_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="ACCOUNT")
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL", help="as the account's broker says")
    _no_wait(parser)


def _no_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait until the launcher has followed"
    )
