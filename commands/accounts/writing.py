"""`accounts add`, `edit`, `enable` and `disable`: refused as a whole, or stored and followed up."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from commands.accounts import files
from commands.accounts.answer import WRONG_USE, Answer, Refused
from commands.accounts.desk import Desk, Document, Plan, Written
from commands.accounts.looking import said
from commands.accounts.names import check_names
from commands.accounts.uptake import Uptake, Watch
from db.plain_documents import plain
from decisions.account_checks import lacks_path
from decisions.account_edits import edited
from domain.account_fields import BOOKKEEPING
from domain.problems import Problem

SHORTCUTS = ("type", "path", "terminal", "login", "server")


def add_account(args: argparse.Namespace, desk: Desk) -> Answer:
    """A new account from what was typed, or from a file."""
    base = _from_file(args.source) if args.source else {}
    name = args.name or base.get("name")
    if not isinstance(name, str) or not name:
        raise Refused("Say the account's NAME.", code=WRONG_USE)
    typed = [f"{key}={getattr(args, key)}" for key in SHORTCUTS if getattr(args, key) is not None]
    made = edited({**base, "name": name}, [*typed, *args.set])
    if isinstance(made, tuple):
        raise Refused("Nothing was written.", made)

    def plan(present: Mapping[str, Document]) -> Plan:
        if name in present and not _just_written(present[name], made):
            todo = "Choose another name, or change it with `accounts edit`."
            raise Refused("Nothing was written.", [_taken(name, todo)])
        return {name: made}

    return carry_out(desk, plan, patient=not args.no_wait)


def edit_account(args: argparse.Namespace, desk: Desk) -> Answer:
    """Fields of one account, all of them or none."""
    if not args.set and not args.unset:
        raise Refused("Say what to change: --set field=value, or --unset field.", code=WRONG_USE)

    def plan(present: Mapping[str, Document]) -> Plan:
        check_names([args.name], present)
        made = edited(present[args.name], args.set, args.unset)
        if isinstance(made, tuple):
            raise Refused("Nothing was written.", made)
        if made.get("name") != args.name:
            raise Refused("Nothing was written.", [_renamed(args.name, made.get("name"))])
        return {args.name: made}

    return carry_out(desk, plan, patient=not args.no_wait)


def switch_accounts(args: argparse.Namespace, desk: Desk) -> Answer:
    """Enable, or disable, all that are named or none of them."""
    on = args.action == "enable"

    def plan(present: Mapping[str, Document]) -> Plan:
        check_names(args.names, present)
        return {name: _switched(present[name], on=on) for name in dict.fromkeys(args.names)}

    return carry_out(desk, plan, patient=not args.no_wait, sound=args.names if on else ())


def carry_out(
    desk: Desk,
    plan: Any,  # noqa: ANN401 - a function from the documents present to a Plan
    *,
    patient: bool,
    sound: Sequence[str] = (),
    heedless: bool = False,
) -> Answer:
    """Write, wait until the launcher follows, and tell both."""
    watch = Watch(desk)
    written = desk.carry_out(plan, sound=sound, heedless=heedless)
    uptakes = watch.wait(written, patient=patient)
    left = [p for p in desk.problems() if p.account in {one.name for one in written}]
    return Answer(
        value={"accounts": [told(one, uptakes.get(one.name)) for one in written]},
        lines=tuple(line for one in written for line in lines(one, uptakes.get(one.name))),
        remarks=(*(f"still wrong: {p.text}" for p in left), *_path_remarks(written)),
    )


def told(one: Written, uptake: Uptake | None) -> Document:
    """One account for a program."""
    changes = [files.extended(msgspec.structs.asdict(change)) for change in one.changes]
    how = None if uptake is None else msgspec.to_builtins(uptake)
    return {"name": one.name, "done": one.deed, "changes": changes, "uptake": how}


def lines(one: Written, uptake: Uptake | None) -> list[str]:
    """One account for a person."""
    changes = one.changes if one.deed == "changed" else ()
    fields = [f"  {c.field}: {said(c.before)} -> {said(c.after)}" for c in changes]
    if one.deed == "unchanged":
        return [f"{one.name}: was like that already; nothing was written"]
    return [f"{one.name}: {one.deed}", *fields, *([f"  {uptake.text}"] if uptake else [])]


def _from_file(source: str) -> Document:
    content = files.read(source)
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, dict) or "accounts" in content:
        text = f"{source}: wanted one account document. For several: accounts import {source}"
        raise Refused(text)
    return {name: value for name, value in content.items() if name not in BOOKKEEPING - {"legacy"}}


def _switched(document: Document, *, on: bool) -> Document:
    """A document that is silent about it takes part."""
    return document if document.get("enabled", True) is on else {**document, "enabled": on}


def _just_written(present: Document, made: Document) -> bool:
    """In a second round after our own write nothing is in the way."""
    return Written(name="", before=present, after=made).deed == "unchanged"


def _taken(name: str, todo: str) -> Problem:
    found = "an account of this name already"
    return Problem(account=name, field="name", wanted="a new name", found=found, what_to_do=todo)


def _renamed(name: str, fresh: object) -> Problem:
    return Problem(
        account=name,
        field="name",
        wanted="the name it has: journals and trades know the account by it",
        found=said(fresh),
        what_to_do="Add an account of the new name, then remove this one.",
    )


def _path_remarks(written: Sequence[Written]) -> list[str]:
    """The launcher may run on another machine, so a path that is missing here is only told."""
    documents = [plain(one.after) for one in written if one.after is not None]
    return [
        f"{document.get('name')}: on this machine there is no file {document.get('path')}"
        for document in documents
        if document.get("terminal", "mt5") != "paper"
        and not lacks_path(document.get("path"))
        and not Path(str(document.get("path"))).exists()
    ]
