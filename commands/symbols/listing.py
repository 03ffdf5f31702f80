"""`symbols list`: what waits for a person, with candidates and the command that accepts one."""

import argparse
from collections.abc import Mapping
from typing import Any

from commands.accounts.answer import Answer
from commands.accounts.desk import Desk
from commands.accounts.names import check_names
from db.plain_documents import plain
from db.symbols import MissingSymbols, changed_contracts
from decisions.account_documents import parse_account
from decisions.symbol_mapping import slave_symbol
from domain.policies import AccountSettings

Entry = dict[str, Any]
NOTHING = (
    "Nothing waits: every symbol that masters opened in has a name at its slaves' brokers, and no "
    "broker has changed a contract."
)


def list_symbols(args: argparse.Namespace, desk: Desk) -> Answer:
    """Every entry that is still open, of the accounts named or of all."""
    check_names(args.names, desk.by_name())
    names = [e for e in missing(desk) if not args.names or e["account_id"] in args.names]
    terms = [e for e in changed(desk) if not args.names or e["account_id"] in args.names]
    lines = [line for entry in names for line in _lines(entry)]
    lines += [line for entry in terms for line in _contract_lines(entry)]
    value = {"missing": names, "contracts": terms}
    return Answer(value=value, lines=tuple(lines or [NOTHING]))


def missing(desk: Desk) -> list[Entry]:
    """Symbols that would be denied again, as the documents are now.

    An edit may have named one meanwhile, and a slave may ship an entry from before it.
    """
    accounts = settings_of_all(desk)
    return [e for e in MissingSymbols(desk.database).all() if _is_open(e, accounts)]


def changed(desk: Desk) -> list[Entry]:
    """Contracts that opens are denied for; a slave may not have shipped yet what was accepted."""
    accounts = settings_of_all(desk)
    return [e for e in changed_contracts(desk.database) if _is_refused(e, accounts)]


def settings_of_all(desk: Desk) -> dict[str, AccountSettings | None]:
    """By name; None where a document has faults."""
    rules = desk.rules
    read = {
        name: parse_account(plain(document), rules.defaults, rules.zone_exists)
        for name, document in desk.by_name().items()
    }
    return {n: found if isinstance(found, AccountSettings) else None for n, found in read.items()}


def _is_open(entry: Entry, accounts: Mapping[str, AccountSettings | None]) -> bool:
    if entry["account_id"] not in accounts:
        return False
    settings = accounts[entry["account_id"]]
    symbol, tried = entry["master_symbol"], entry["tried"]
    return settings is None or slave_symbol(symbol, settings).symbol == tried


def _is_refused(entry: Entry, accounts: Mapping[str, AccountSettings | None]) -> bool:
    if entry["account_id"] not in accounts:
        return False
    settings = accounts[entry["account_id"]]
    accepted = {} if settings is None else settings.accepted_contracts
    return bool(accepted.get(entry["symbol"]) != entry["found"]["fingerprint"])


def _contract_lines(entry: Entry) -> list[str]:
    account, symbol = entry["account_id"], entry["symbol"]
    return [
        f"{account}: its broker has changed {symbol}: {', '.join(entry['changes'])}; nothing opens "
        "in it",
        f"  python launcher.py symbols accept-contract {account} {symbol}",
    ]


def _lines(entry: Entry) -> list[str]:
    account, symbol = entry["account_id"], entry["master_symbol"]
    seen = str(entry["last_seen"]).replace("T", " ")[:19]
    head = (
        f"{account}: {symbol} of {entry['master']} has no name here; tried {entry['tried']}, "
        f"last at {seen} UTC"
    )
    found = entry["candidates"]
    widest = max((len(one["symbol"]) for one in found), default=0)
    rows = [f"  {one['symbol']:<{widest}}  {_terms(one)}  {one['why']}" for one in found]
    is_certain = bool(found) and found[0]["certain"]
    choice = "" if is_certain else " SYMBOL"
    nothing = [] if found else ["  nothing at its broker is like it"]
    return [
        head,
        *rows,
        *nothing,
        f"  python launcher.py symbols accept {account} {symbol}{choice}",
    ]


def _terms(one: Entry) -> str:
    pair = f"{one['base']}/{one['profit']}"
    return f"{pair}, digits {one['digits']}, contract {one['contract_size']}:"
