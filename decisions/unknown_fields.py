"""What to do about a field that no account document has: which one was meant, and what to keep."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from domain.account_fields import ACCOUNT_FIELDS, BOOKKEEPING, fields_of
from domain.fields import SECRET_NAMES, SECRET_PATTERN, SLAVE

LEGACY = "legacy"
LOOKS_ALIKE = 0.75
_LOGIN = re.compile(r"(?<=://)[^/?#\s]+@")


def advice(section: str, name: str, value: object) -> str:
    """What its writer should do about it."""
    if holds_secret(name, value):
        return (
            "Remove it: it seems to hold a password. Name in the field password where that is "
            "kept, and change it: it has been readable in the database."
        )
    meant = looks_like(section, name)
    return f"Did you mean {meant}?" if meant else "Remove it, or move it into the field legacy."


def looks_like(section: str, name: str) -> str:
    """The field that was probably meant, or nothing; capitals and signs do not count.

    What a slave is limited by is looked for everywhere: a limit in the wrong place is none.
    """
    elsewhere = {_bare(f.short_name): f.name for f in ACCOUNT_FIELDS if f.roles == SLAVE}
    known = elsewhere | {_bare(field.short_name): field.name for field in fields_of(section)}
    alike = difflib.get_close_matches(_bare(name), sorted(known), n=1, cutoff=LOOKS_ALIKE)
    return known[alike[0]] if alike else ""


def _bare(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def holds_secret(name: str, value: object) -> bool:
    """It is called a password and is one, or has such a field, or an address with one, within."""
    if re.search(SECRET_NAMES, name, re.IGNORECASE) and not _is_harmless(value):
        return True
    if isinstance(value, str):
        return without_logins(value) != value
    if isinstance(value, Mapping):
        return any(holds_secret(str(inner), value[inner]) for inner in value)
    return isinstance(value, (list, tuple)) and any(holds_secret("", item) for item in value)


def without_logins(text: str) -> str:
    """The text as it is, but for user and password in any address within it."""
    return _LOGIN.sub("***@", text)


def _is_harmless(value: object) -> bool:
    """Nothing, or the name of the place where the password is kept."""
    return value is None or (isinstance(value, str) and bool(re.search(SECRET_PATTERN, value)))


def worth_keeping(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that may be moved below `legacy`: nobody knows them, and none was meant.

    A misspelt limit stays where its writer is told of it, and so does a password. What could not be
    moved without loss stays as well.
    """
    kept = document.get(LEGACY, {})
    if not isinstance(kept, Mapping):
        return ()
    known = {field.short_name for field in fields_of("")} | BOOKKEEPING
    strangers = (name for name in document if name not in known and name not in kept)
    return tuple(name for name in strangers if _may_be_moved(name, document[name]))


def _may_be_moved(name: str, value: object) -> bool:
    can_be_named = name != "" and "." not in name and not name.startswith("$")
    return can_be_named and not looks_like("", name) and not holds_secret(name, value)
