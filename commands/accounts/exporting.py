"""`accounts export`: the documents as a file that `accounts import` reads back exactly."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from commands.accounts.answer import Answer, Refused
from commands.accounts.desk import Desk, Document
from commands.accounts.files import extended
from commands.accounts.names import check_names
from decisions.account_import import FORMAT, VERSION
from decisions.document_changes import NOT_SHOWN, shown
from nodes.supervisor.atomic import write_whole


def export_accounts(args: argparse.Namespace, desk: Desk) -> Answer:
    """All accounts, or those named, on the standard output or into a file."""
    present = desk.by_name()
    check_names(args.names, present)
    names = list(dict.fromkeys(args.names)) or sorted(present)
    left_out = [
        f"{name}: {times} documents have this name, and only one of them is exported"
        for name, times in Counter(one.get("name") for one in desk.accounts.as_written()).items()
        if times > 1 and name in names
    ]
    accounts = [_exported(name, present[name], left_out) for name in names]
    value = {"format": FORMAT, "version": VERSION, "accounts": accounts}
    text = json.dumps(value, indent=2, ensure_ascii=False)
    remarks = tuple(left_out)
    if args.out is None:
        return Answer(value=value, lines=(json.dumps(value, indent=2),), remarks=remarks)
    _write(args.out, text, force=args.force)
    told = {"written": str(args.out), "accounts": names}
    return Answer(value=told, lines=(f"{len(names)} accounts in {args.out}",), remarks=remarks)


def _write(out: Path, text: str, *, force: bool) -> None:
    if out.exists() and not force:
        raise Refused(f"{out}: is there already. Name another file, or add --force.")
    write_whole(out, f"{text}\n".encode())


def _exported(name: str, document: Document, left_out: list[str]) -> Document:
    """Without the database's own id, and without any password that somebody wrote down."""
    safe = {key: value for key, value in shown(document).items() if key != "_id"}
    hidden: list[str] = []
    kept = _without_hidden(safe, "", hidden)
    left_out += [f"{name}: {field} is left out: it is a password itself" for field in hidden]
    made: Document = extended(kept)
    return made


def _without_hidden(section: Mapping[str, object], above: str, hidden: list[str]) -> Document:
    kept: Document = {}
    for name, value in section.items():
        if value == NOT_SHOWN:
            hidden.append(f"{above}{name}")
        elif isinstance(value, Mapping):
            kept[name] = _without_hidden(value, f"{above}{name}.", hidden)
        else:
            kept[name] = value
    return kept
