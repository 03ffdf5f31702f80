"""`accounts list` and `accounts show`: what the documents say, and what is wrong with them."""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from commands.accounts.answer import Answer
from commands.accounts.desk import Desk, Document
from commands.accounts.files import extended
from commands.accounts.names import check_names
from db.nodes import Nodes
from db.plain_documents import plain
from decisions.account_documents import parse_account
from decisions.document_changes import shown
from domain.account_fields import ACCOUNT_FIELDS
from domain.fields import Kind
from domain.policies import AccountSettings, Role
from domain.problems import Problem

HEADINGS = ("name", "type", "enabled", "terminal", "login@server or path", "follows", "problems")
NONE_YET = "No accounts. Begin with `accounts add`, `accounts import`, or: python setup_db.py"
LAST_CHANGES = 5
NOTHING_SET = "not set"


def list_accounts(args: argparse.Namespace, desk: Desk) -> Answer:
    """One line for each account, and what is wrong with any."""
    del args
    problems = desk.problems()
    documents = [shown(document) for document in desk.accounts.as_written()]
    rows = [_row(document, problems) for document in documents]
    lines = [*_table([HEADINGS, *map(_cells, rows)])] if rows else [NONE_YET]
    known = {row["name"] for row in rows}
    faults = [p for p in problems if p.account in known]
    others = [p for p in problems if p.account not in known]
    return Answer(value=rows, lines=(*lines, *(p.text for p in (*faults, *others))))


def show_account(args: argparse.Namespace, desk: Desk) -> Answer:
    """One account: every field, what it is where nobody wrote it, faults, and last changes."""
    present = desk.by_name()
    check_names([args.name], present)
    document = shown(present[args.name])
    fields = _fields(document, desk)
    problems = [p for p in desk.problems() if p.account == args.name]
    node = next((n for n in Nodes(desk.database).all() if n.get("name") == args.name), {})
    changes = desk.changes.of(args.name)[-LAST_CHANGES:]
    value = {
        "name": args.name,
        "document": extended(document),
        "fields": fields,
        "problems": msgspec.to_builtins(problems),
        "open_copies": desk.open_copies(args.name),
        "node": {key: node.get(key) for key in ("state", "ready", "pid", "alarms")},
        "changes": [plain(_without_whole(change)) for change in changes],
    }
    lines = [*_field_lines(fields), *_legacy_lines(document), *_note_lines(value)]
    lines += [f"PROBLEM {problem.text}" for problem in problems]
    lines += [f"ALARM {alarm}" for alarm in node.get("alarms", ())]
    lines += ["last changes:" if changes else "no change of it was recorded yet"]
    return Answer(value=value, lines=(*lines, *map(_change_line, changes)))


def said(value: object) -> str:
    """A value as a person writes it."""
    if value is None:
        return NOTHING_SET
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return _structured(value)


def _structured(value: object) -> str:
    plain_value = extended(value)
    return plain_value if isinstance(plain_value, str) else json.dumps(plain_value)


def _row(document: Document, problems: Sequence[Problem]) -> Document:
    name = document.get("name")
    fields = ("type", "terminal", "path", "login", "server", "follows", "labels", "updated_at")
    known = plain(document)
    values = {field: known.get(field) for field in fields}
    own = [problem for problem in problems if problem.account == name]
    return {
        "name": known.get("name"),
        "enabled": document.get("enabled", True) is True,
        **values,
        "terminal": values["terminal"] or "mt5",
        "problems": msgspec.to_builtins(own),
    }


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    is_slave = row["type"] == Role.SLAVE.value
    follows = row["follows"]
    whom = "every master" if follows is None else ", ".join(map(str, follows)) or "nobody"
    return (
        str(row["name"]),
        str(row["type"]),
        "yes" if row["enabled"] else "no",
        str(row["terminal"]),
        _where(row),
        whom if is_slave else "",
        str(len(row["problems"]) or "none"),
    )


def _where(row: Mapping[str, Any]) -> str:
    login, server = row["login"] or "", row["server"] or ""
    account = f"{login}@{server}" if login and server else str(login or server)
    return account if account and row["terminal"] != "paper" else str(row["path"])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    padded = (zip(row, widths, strict=True) for row in rows)
    return ["  ".join(f"{cell:<{width}}" for cell, width in row).rstrip() for row in padded]


def _fields(document: Document, desk: Desk) -> list[Document]:
    rules = desk.rules
    read = parse_account(plain(document), rules.defaults, rules.zone_exists)
    rows = []
    for field in ACCOUNT_FIELDS:
        written, there = _at(document, field.name)
        applies = there or document.get("type") in {role.value for role in field.roles}
        absent_section = field.name.startswith("paper.") and document.get("terminal") != "paper"
        if field.kind is Kind.SECTION or not applies or (absent_section and not there):
            continue
        default = _in_force(read, field.name, field.default)
        value = extended(written) if there else msgspec.to_builtins(default)
        rows.append({"field": field.name, "value": value, "default": not there})
    return rows


def _in_force(read: object, name: str, default: object) -> object:
    """What a field that nobody wrote is; of a faulty document only the table can say."""
    value = read if isinstance(read, AccountSettings) else None
    if value is None:
        return default
    found: object = value
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _at(document: Document, dotted: str) -> tuple[object, bool]:
    value: object = document
    for part in dotted.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None, False
        value = value[part]
    return value, True


def _field_lines(fields: Sequence[Document]) -> list[str]:
    widest = max(len(row["field"]) for row in fields)
    return [f"{row['field']:<{widest}}  {_value(row)}" for row in fields]


def _value(row: Mapping[str, Any]) -> str:
    if row["default"]:
        nothing = row["value"] in (None, "", [], (), {})
        return NOTHING_SET if nothing else f"{said(row['value'])}  (default)"
    return said(row["value"])


def _legacy_lines(document: Document) -> list[str]:
    legacy = document.get("legacy")
    if not isinstance(legacy, Mapping) or not legacy:
        return []
    kept = [f"  {name} = {said(value)}" for name, value in legacy.items()]
    return ["legacy, which nothing here heeds:", *kept]


def _note_lines(value: Mapping[str, Any]) -> list[str]:
    node, copies = value["node"], value["open_copies"]
    lines = [f"node: {node['state']}"] if node["state"] else ["node: never ran"]
    return [*lines, *([f"open copies: {copies}"] if copies else [])]


def _without_whole(change: Document) -> Document:
    return {name: value for name, value in change.items() if name not in {"_id", "document"}}


def _change_line(change: Document) -> str:
    by = ", ".join(filter(None, [change.get("by"), change.get("via")])) or "by nobody known"
    what = change.get("changes", ())
    fields = "; ".join(
        f"{one['field']}: {said(one['before'])} -> {said(one['after'])}" for one in what
    )
    kind = change.get("kind")
    detail = f": {fields}" if fields and kind == "changed" else ""
    return f"  {said(change.get('at'))}  {kind} ({by}){detail}"
