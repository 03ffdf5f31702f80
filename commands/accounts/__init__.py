"""`accounts`: list, show, add, edit, enable, disable, remove, import and export accounts."""

import argparse
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import config
from commands.accounts.answer import Answer, Refused, give, give_refusal
from commands.accounts.desk import Desk
from commands.accounts.exporting import export_accounts
from commands.accounts.importing import import_accounts
from commands.accounts.looking import list_accounts, show_account
from commands.accounts.removing import remove_accounts
from commands.accounts.writing import add_account, edit_account, switch_accounts
from commands.swarm_database import NoSwarm, swarm_database
from db.clients import DATABASE_ERRORS
from decisions.account_edits import exact_number
from domain.policies import Role

LIST = "list"
ROLES = [role.value for role in Role]
UNITS = ["money", "percent"]
TERMINALS = ["mt5", "paper"]

ACTIONS: Mapping[str, Callable[[argparse.Namespace, Desk], Answer]] = {
    LIST: list_accounts,
    "show": show_account,
    "add": add_account,
    "edit": edit_account,
    "enable": switch_accounts,
    "disable": switch_accounts,
    "remove": remove_accounts,
    "import": import_accounts,
    "export": export_accounts,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare every action; without one the accounts are listed."""
    parser.add_argument("--json", action="store_true", help="one JSON value, for programs")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    _action(actions, LIST, "every account, one line each, and what is wrong")
    show = _action(actions, "show", "one account: every field, its faults, its last changes")
    show.add_argument("name", metavar="NAME")
    _add_arguments(_writer(actions, "add", "a new account"))
    _edit_arguments(_writer(actions, "edit", "change fields of an account"))
    _many(_writer(actions, "enable", "let accounts take part"))
    _many(_writer(actions, "disable", "open nothing more on accounts; open copies are closed"))
    _remove_arguments(_writer(actions, "remove", "delete accounts"))
    _import_arguments(_writer(actions, "import", "take accounts over from files"))
    _export_arguments(_action(actions, "export", "write accounts as JSON, for `import`"))


def run(args: argparse.Namespace) -> int:
    """Do it: 0 all done, 1 something could not be done, 2 wrong use or no database."""
    args.action = args.action or LIST
    try:
        settings = config.load()
        with swarm_database(settings) as database:
            answer = ACTIONS[args.action](args, Desk(database, settings, f"accounts {args.action}"))
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


def _writer(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str
) -> argparse.ArgumentParser:
    parser = _action(actions, name, help_text)
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait until the launcher has followed"
    )
    return parser


def _many(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME")


def _set_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field of docs/ACCOUNTS.md: max_lot=5, follows=A,B, symbol_map.XAUUSD=GOLD, "
        "kill_switch.daily_loss=200; may be repeated",
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME")
    parser.add_argument("--type", choices=ROLES)
    parser.add_argument("--path", metavar="FILE", help="terminal64.exe; on paper any key")
    parser.add_argument("--terminal", choices=TERMINALS)
    parser.add_argument("--login", metavar="NUMBER")
    parser.add_argument("--server", metavar="NAME")
    _set_argument(parser)
    parser.add_argument(
        "--from", dest="source", default="", metavar="FILE", help="a document as JSON; - reads it"
    )


def _edit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    _set_argument(parser)
    parser.add_argument(
        "--unset", action="append", default=[], metavar="FIELD", help="back to the default"
    )


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    _many(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--force", action="store_true", help="even where slaves still name it in follows"
    )


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file, a folder, or -")
    parser.add_argument("--dry-run", action="store_true", help="say it all, write nothing")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--replace", action="store_true", help="change accounts that are there")
    either.add_argument("--skip-existing", action="store_true", help="leave them as they are")
    parser.add_argument("--partial", action="store_true", help="write the sound, leave the rest")
    parser.add_argument("--enable", action="store_true", help="let them take part at once")
    earlier = parser.add_argument_group("what files of earlier systems do not say")
    earlier.add_argument("--type", choices=ROLES, help="of all of them (default: SLAVE)")
    earlier.add_argument(
        "--master", action="append", default=[], metavar="NAME", help="a MASTER among them"
    )
    earlier.add_argument(
        "--follows",
        action="append",
        default=[],
        metavar="NAME",
        help="a master that the slaves copy (default: every one)",
    )
    earlier.add_argument("--terminal", choices=TERMINALS, help="default: mt5")
    earlier.add_argument("--path", metavar="C:/MT5/{name}/terminal64.exe", help="with {name} in it")
    earlier.add_argument("--loss-unit", choices=UNITS, help="of maxDailyLoss")
    earlier.add_argument("--drawdown-unit", choices=UNITS, help="of dailyDDLimit")
    earlier.add_argument("--balance", type=_money, metavar="MONEY", help="what percent is of")
    earlier.add_argument("--slippage-unit", choices=["points", "pips"], help="of max_slippage")


def _money(text: str) -> Decimal:
    exact = exact_number(text)
    if exact is None or exact <= 0:
        raise argparse.ArgumentTypeError(f"wanted an amount above 0, found {text!r}")
    return exact


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: the standard output")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
