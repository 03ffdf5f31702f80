"""Accounts from a file -> account documents, with every field accounted for."""

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from decisions.account_checks import NO_PATH_YET, lacks_path
from decisions.account_edits import drop
from decisions.document_changes import field_changes
from decisions.earlier_forms import FORM_A, FORM_B, STRANGER, FormTable, role_said
from decisions.imported_values import (
    LEGACY,
    Kept,
    Moved,
    Sheet,
    Wishes,
    is_reference,
    without_secrets,
)
from domain.account_fields import BOOKKEEPING, fields_of
from domain.policies import Role
from domain.problems import Problem

Document = dict[str, Any]

FORMAT = "murmuration-accounts"
VERSION = 1
SEEN_BY = frozenset({"created_at"})
NOT_IMPORTED = (BOOKKEEPING | {"updated_by"}) - {LEGACY, *SEEN_BY}
NAMES_OF_A = ("name", "id")
NAMES_OF_B = ("name", "account_id")

THREE_FORMS = (
    f'our own export ({{"format": "{FORMAT}", ...}} or account documents with name, type and '
    "path), form A ({id, name, mt5, symbols, risk, killSwitch}) or form B ({account_id, broker, "
    "mt5_login, ...})"
)


class Form(StrEnum):
    """Whose form it is."""

    OWN = "our own"
    A = "form A"
    B = "form B"


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a file; `where` names the file and the account's place in it."""

    where: str
    form: Form
    content: Mapping[str, Any]


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one account, or why nothing can.

    `assumed` fields stand in the document because it needs them; the file does not say them.
    """

    name: str
    where: str
    form: Form
    document: Document
    assumed: frozenset[str] = frozenset()
    moved: tuple[Moved, ...] = ()
    kept: tuple[Kept, ...] = ()
    to_do: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def recognised(source: str, content: object) -> tuple[Incoming, ...] | Problem:
    """Every account of a file's content, or why it is none of the forms."""
    entries = _entries(content)
    if isinstance(entries, str):
        return _no_form(source, entries)
    found = []
    for number, entry in enumerate(entries, 1):
        where = source if len(entries) == 1 else f"{source}, account {number}"
        form = _form_of(entry) if isinstance(entry, Mapping) else None
        if form is None or not isinstance(entry, Mapping):
            return _no_form(where, _looks_like(entry))
        found.append(Incoming(where=where, form=form, content=entry))
    return tuple(found)


def translated(
    incoming: Sequence[Incoming], wishes: Wishes, variables: Mapping[str, str]
) -> tuple[Translated, ...]:
    """Each account as a document of ours; `variables` are passwords' names by account."""
    taken = dict(variables)
    done = []
    for one in incoming:
        others = [used for name, used in taken.items() if name != name_of(one)]
        result = _translate(one, wishes, others)
        taken[result.name] = str(result.document.get("password", "")).strip("${}")
        done.append(result)
    return _without_doubles(done)


def name_of(incoming: Incoming) -> str:
    """What the account is called; empty where the file does not say."""
    fields = {Form.A: NAMES_OF_A, Form.B: NAMES_OF_B}.get(incoming.form, ("name",))
    written = (incoming.content.get(field) for field in fields)
    found = (str(one).strip() for one in written if _can_be_name(one))
    return next((name for name in found if name), "")


def merged(translation: Translated, present: Document | None) -> Document:
    """The document to store; an earlier form leaves what it has no word for as it is here."""
    if present is None:
        return dict(translation.document)
    fresh = copy.deepcopy(translation.document)
    stays = {name: present[name] for name in NOT_IMPORTED | SEEN_BY if name in present}
    if translation.form is not Form.OWN:
        homes = [moved.old for moved in translation.moved]
        fresh = _overlaid(_without_legacy(present, homes), fresh, translation.assumed)
    return {**fresh, **stays}


def differs(before: Document, after: Document) -> bool:
    """Anything but bookkeeping."""
    return bool(field_changes(before, after))


def _entries(content: object) -> Sequence[object] | str:
    """The accounts in it, or what was found instead."""
    if isinstance(content, Mapping) and "accounts" in content:
        version = content.get("version", VERSION)
        if content.get("format", FORMAT) != FORMAT or version != VERSION:
            return f"format {content.get('format')!r}, version {version!r}"
        content = content["accounts"]
    if isinstance(content, Mapping):
        return [content]
    if not isinstance(content, list):
        return f"a {type(content).__name__}"
    return content or "an empty list"


def _form_of(entry: Mapping[object, object]) -> Form | None:
    if "type" in entry and "path" in entry:
        return Form.OWN
    if FORM_A.sections & set(entry):
        return Form.A
    if {"account_id", "mt5_login", "mt5_server"} & set(entry):
        return Form.B
    return None


def _looks_like(entry: object) -> str:
    if not isinstance(entry, Mapping):
        return f"a {type(entry).__name__}"
    return f"the fields {', '.join(map(str, list(entry)[:8])) or 'of nothing'}"


def _no_form(where: str, found: str) -> Problem:
    todo = f"The forms are {THREE_FORMS}."
    return Problem(field=where, wanted="accounts in a known form", found=found, what_to_do=todo)


def _can_be_name(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _translate(incoming: Incoming, wishes: Wishes, taken: Collection[str]) -> Translated:
    if incoming.form is Form.OWN:
        return _own(incoming)
    tables = {Form.A: (FORM_A, NAMES_OF_A), Form.B: (FORM_B, NAMES_OF_B)}
    table, names = tables[incoming.form]
    name = name_of(incoming)
    said = role_said(incoming.content.get("account_type"))
    role = _role(name, said, wishes)
    sheet = Sheet(name, role or Role.SLAVE, incoming.content, wishes)
    sheet.taken = frozenset(taken)
    _fields(sheet, table, _name(sheet, names))
    assumed = _finish(sheet, role)
    return Translated(
        name=name,
        where=incoming.where,
        form=incoming.form,
        document=sheet.document,
        assumed=assumed,
        moved=tuple(sheet.moved),
        kept=tuple(sheet.kept),
        to_do=tuple(sheet.to_do),
        problems=tuple(sheet.problems),
    )


def _role(name: str, said: Role | None, wishes: Wishes) -> Role | None:
    return Role.MASTER if name in wishes.masters else said or wishes.type


def _name(sheet: Sheet, names: Sequence[str]) -> str:
    """The field that was taken for it, or asked for."""
    old = next((one for one in names if _can_be_name(sheet.content.get(one))), names[0])
    if not sheet.name:
        sheet.refuse(old, "the account's name", "Give every account one.")
        return old
    written = sheet.content[old]
    remark = "" if written == sheet.name else "as a text, without spaces around it"
    sheet.moved.append(Moved(old=old, new="name", value=sheet.name, remark=remark))
    return old


def _fields(sheet: Sheet, table: FormTable, named: str) -> None:
    """In the table's order, so that what depends on another field finds it; then strangers."""
    written = dict(_flat(sheet, table))
    written.pop(named, None)
    for old, handler in table.handlers.items():
        value = written.pop(old, None)
        if value not in (None, ""):
            handler(sheet, old, value)
    for old, value in written.items():
        said = value not in (None, "", [], {}, False)
        why = table.limits.get(old) or table.kept.get(old, STRANGER)
        sheet.keep(old, value, why, limit=said and old in table.limits)


def _flat(sheet: Sheet, table: FormTable) -> Iterable[tuple[str, object]]:
    for key, value in sheet.content.items():
        if key not in table.sections:
            yield str(key), value
        elif isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", one) for inner, one in value.items())
        elif value is not None:
            sheet.refuse(key, "a section with fields of its own", "Correct it in the file.")


def _finish(sheet: Sheet, role: Role | None) -> frozenset[str]:
    """What no earlier form says: terminal, path, whether it takes part; and what was assumed."""
    wishes, document = sheet.wishes, sheet.document
    if wishes.terminal:
        document["terminal"] = wishes.terminal
    document["path"] = document["path"] or _path_for(sheet)
    document["enabled"] = wishes.enable
    if sheet.role is Role.SLAVE and wishes.follows:
        document["follows"] = list(wishes.follows)
    assumed = {"path"} if lacks_path(document["path"]) else set()
    if not wishes.enable:
        assumed.add("enabled")
    if role is None:
        assumed.add("type")
    _say_what_is_left(sheet, assumed)
    return frozenset(assumed)


def _say_what_is_left(sheet: Sheet, assumed: Collection[str]) -> None:
    if "type" in assumed and sheet.wishes.enable:
        _type_is_needed(sheet)
    elif "type" in assumed:
        sheet.to_do.append("Is it a slave? The file does not say; for a master: --master NAME.")
    if sheet.role is Role.SLAVE and not sheet.wishes.follows:
        sheet.to_do.append("Whom does it copy? Every enabled master, unless --follows names some.")
    if "path" in assumed:
        sheet.to_do.append("Set the terminal's path; until then it cannot be enabled.")
    name = f'"{sheet.name}"' if " " in sheet.name else sheet.name
    if "enabled" in assumed:
        sheet.to_do.append(f"Look it over, then: python launcher.py accounts enable {name}")


def _path_for(sheet: Sheet) -> str:
    if sheet.wishes.path:
        return sheet.wishes.path.replace("{name}", sheet.name)
    return sheet.name if sheet.wishes.terminal == "paper" else f"{NO_PATH_YET}{sheet.name}"


def _type_is_needed(sheet: Sheet) -> None:
    fault = Problem(
        account=sheet.name,
        field="type",
        wanted="MASTER or SLAVE, to enable it at once",
        found="nothing in the file that says so",
        what_to_do="Add --type SLAVE, or --master NAME for those that are copied from.",
    )
    sheet.problems.append(fault)


def _own(incoming: Incoming) -> Translated:
    """Our own documents are taken as they are; of another version's fields we keep what we can."""
    known = {field.short_name for field in fields_of("")} | {LEGACY} | SEEN_BY
    written = {str(k): v for k, v in incoming.content.items() if k not in NOT_IMPORTED}
    document = {name: value for name, value in written.items() if name in known}
    if LEGACY in document:
        document[LEGACY] = without_secrets(LEGACY, document[LEGACY])
    strangers = {name: value for name, value in written.items() if name not in known}
    kept = [_stranger(document, name, value) for name, value in strangers.items()]
    return Translated(
        name=name_of(incoming),
        where=incoming.where,
        form=incoming.form,
        document=document,
        kept=tuple(kept),
    )


def _stranger(document: Document, name: str, value: object) -> Kept:
    safe = without_secrets(name, value)
    before = document.get(LEGACY)
    document[LEGACY] = {**(before if isinstance(before, dict) else {}), name: safe}
    return Kept(old=name, value=safe, why="an account document has no such field")


def _without_legacy(present: Document, homes: Iterable[str]) -> Document:
    """What was kept for want of a home, and has one now, is kept no longer."""
    slim = copy.deepcopy(present)
    for home in homes:
        drop(slim, [LEGACY, *home.split(".")])
    return slim


def _overlaid(present: Document, fresh: Document, assumed: Collection[str]) -> Document:
    """What the file says wins over what stands here, but for what a person filled in here."""
    chosen = {"password"} if is_reference(present.get("password")) else set()
    stays = {*assumed, *chosen} & set(present)
    said = {name: value for name, value in fresh.items() if name not in stays}
    return _united(present, said)


def _united(below: Document, above: Document) -> Document:
    return below | {name: _over(below.get(name), value) for name, value in above.items()}


def _over(below: object, above: object) -> object:
    both = isinstance(below, dict) and isinstance(above, dict)
    return _united(below, above) if both else above  # type: ignore[arg-type] # both are dicts


def _without_doubles(done: Sequence[Translated]) -> tuple[Translated, ...]:
    names = [one.name for one in done]
    return tuple(
        msgspec.structs.replace(one, problems=(*one.problems, _double(one, done)))
        if one.name and names.count(one.name) > 1
        else one
        for one in done
    )


def _double(one: Translated, done: Sequence[Translated]) -> Problem:
    others = [other.where for other in done if other.name == one.name and other is not one]
    return Problem(
        account=one.name,
        field="name",
        wanted="one account of this name in all the files",
        found=f"another in {', '.join(others)}",
        what_to_do="Leave one of them out, or rename it.",
    )
