"""`symbols accept`, `accept-contract` and `dismiss`: what waits becomes an edit, or goes off."""

import argparse
from collections.abc import Mapping
from typing import Any

import msgspec

from commands.accounts.answer import Answer, Refused
from commands.accounts.desk import Desk, Document, Plan
from commands.accounts.names import check_names
from commands.accounts.writing import carry_out
from commands.symbols.listing import Entry, changed, missing
from db.symbols import MissingSymbols
from domain.account_fields import LOT_FACTOR_BAR


def accept(args: argparse.Namespace, desk: Desk) -> Answer:
    """The account's map names the symbol from now on, as any edit of it would."""
    entry = _entry(args.name, args.master_symbol, desk)
    mapped = args.slave_symbol or _without_a_doubt(entry)

    def plan(present: Mapping[str, Document]) -> Plan:
        check_names([args.name], present)
        document = present[args.name]
        named = {**(document.get("symbol_map") or {}), args.master_symbol: mapped}
        return {args.name: {**document, "symbol_map": named}}

    answer = carry_out(desk, plan, patient=not args.no_wait)
    MissingSymbols(desk.database).remove(args.name, [args.master_symbol])
    remarks = (*answer.remarks, *_about_its_size(entry, mapped))
    return msgspec.structs.replace(answer, remarks=remarks)


def accept_contract(args: argparse.Namespace, desk: Desk) -> Answer:
    """Opens are made again, under the contracts that stand in the list and no others."""
    check_names([args.name], desk.by_name())
    waiting = {e["symbol"]: e for e in changed(desk) if e["account_id"] == args.name}
    strange = [symbol for symbol in args.symbols if symbol not in waiting]
    if strange:
        raise Refused(
            f"{args.name}: no changed contract of {', '.join(strange)} waits. Waiting: "
            f"{', '.join(waiting) or 'none'}. A slave ships a change within seconds of seeing it."
        )
    fresh = {symbol: waiting[symbol]["found"]["fingerprint"] for symbol in args.symbols}

    def plan(present: Mapping[str, Document]) -> Plan:
        check_names([args.name], present)
        document = present[args.name]
        accepted = {**(document.get("accepted_contracts") or {}), **fresh}
        return {args.name: {**document, "accepted_contracts": accepted}}

    answer = carry_out(desk, plan, patient=not args.no_wait)
    terms = (f"accepted: {symbol}, {', '.join(waiting[symbol]['changes'])}" for symbol in fresh)
    return msgspec.structs.replace(answer, lines=(*answer.lines, *terms))


def dismiss(args: argparse.Namespace, desk: Desk) -> Answer:
    """Off the list until a master opens in it again; nothing else changes."""
    for symbol in args.symbols:
        _entry(args.name, symbol, desk)
    MissingSymbols(desk.database).remove(args.name, args.symbols)
    gone = [{"account_id": args.name, "master_symbol": symbol} for symbol in args.symbols]
    lines = [f"{args.name}: {symbol} is off the list" for symbol in args.symbols]
    hint = "To hear no more of it: accounts edit NAME --set filters.not_symbols=SYMBOL"
    return Answer(value={"dismissed": gone}, lines=(*lines, hint))


def _entry(account: str, symbol: str, desk: Desk) -> Entry:
    check_names([account], desk.by_name())
    waiting = [entry for entry in missing(desk) if entry["account_id"] == account]
    found = next((e for e in waiting if e["master_symbol"] == symbol), None)
    if found is None:
        names = ", ".join(str(entry["master_symbol"]) for entry in waiting) or "none"
        raise Refused(
            f"{account}: {symbol!r} does not wait for a name. Waiting: {names}. To map any symbol: "
            f"python launcher.py accounts edit {account} --set symbol_map.MASTER=SLAVE"
        )
    return found


def _without_a_doubt(entry: Entry) -> str:
    """The first candidate, where nothing speaks against it; else a person says which."""
    found: list[dict[str, Any]] = entry["candidates"]
    if found and found[0]["certain"]:
        return str(found[0]["symbol"])
    near = ", ".join(f"{one['symbol']} ({one['why']})" for one in found) or "none"
    raise Refused(
        f"{entry['account_id']}: say which symbol {entry['master_symbol']} is at its broker. "
        f"Candidates: {near}. Nothing was written."
    )


def _about_its_size(entry: Entry, mapped: str) -> list[str]:
    """Lots are copied by their number: where a lot is another amount, somebody should know."""
    symbol, bar, _ = mapped.partition(LOT_FACTOR_BAR)
    named = next((one for one in entry["candidates"] if one["symbol"] == symbol), None)
    theirs = entry["contract_size"]
    if named is None or bar or not theirs or named["contract_size"] == theirs:
        return []
    factor = f"{theirs / named['contract_size']:.8f}".rstrip("0").rstrip(".")
    return [
        f"A lot of {symbol} is {named['contract_size']:g} here and {theirs:g} at the master. With "
        "`size.mode: same` a copy is that much smaller or larger; "
        f"{symbol}{LOT_FACTOR_BAR}{factor} makes it as large: docs/SYMBOLS.md."
    ]
