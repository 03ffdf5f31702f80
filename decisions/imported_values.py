"""The sheet on which one foreign account is translated: what moved, what was kept, what cannot."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from decisions.account_edits import exact_number, put
from decisions.unknown_fields import without_logins
from domain.account_fields import ACCOUNT_FIELDS
from domain.fields import SECRET_NAMES, SECRET_PATTERN
from domain.policies import Role
from domain.problems import Problem

Document = dict[str, Any]

LEGACY = "legacy"
PERCENT = "percent"
MONEY = "money"
POINTS = "points"
PIPS = "pips"
HIDDEN = "(not shown)"
NOT_A_MASTERS = "a master is copied from; it has no such limit"
LONGEST_VARIABLE = 60

_SECRET_NAME = re.compile(SECRET_NAMES, re.IGNORECASE)
_ROLES = {field.name: field.roles for field in ACCOUNT_FIELDS}


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the person says where the earlier form is silent. Empty means not said."""

    type: Role | None = None
    masters: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    terminal: str = ""
    path: str = ""
    loss_unit: str = ""
    drawdown_unit: str = ""
    slippage_unit: str = ""
    balance: Decimal | None = None
    enable: bool = False


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A value that has a home here."""

    old: str
    new: str
    value: Any
    remark: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A value that has none; `limit` where it held the account back, and does not here."""

    old: str
    value: Any
    why: str
    limit: bool = False


class Amount(NamedTuple):
    """A number and the unit that was written beside it; an empty unit is not said."""

    value: Decimal
    unit: str


class Sheet:
    """One account on its way; `document` grows as fields are moved or kept."""

    def __init__(self, name: str, role: Role, content: Mapping[str, Any], wishes: Wishes) -> None:
        """`content` is the account as the file has it."""
        self.name = name
        self.role = role
        self.content = content
        self.wishes = wishes
        self.document: Document = {"name": name, "type": role.value, "path": "", "enabled": False}
        self.moved: list[Moved] = []
        self.kept: list[Kept] = []
        self.problems: list[Problem] = []
        self.to_do: list[str] = []
        self.taken: frozenset[str] = frozenset()

    def move(self, old: str, new: str, value: object, remark: str = "") -> None:
        """The value stands in one of our fields from now on."""
        if self.role not in _ROLES[new]:
            self.keep(old, self.at(old), NOT_A_MASTERS)
            return
        put(self.document, new.split("."), value)
        self.moved.append(Moved(old=old, new=new, value=value, remark=remark))

    def keep(self, old: str, value: object, why: str, *, limit: bool = False) -> None:
        """The value stays below `legacy`, where nothing heeds it; never a password."""
        safe = without_secrets(old.rpartition(".")[2], value)
        put(self.document, [LEGACY, *old.split(".")], safe)
        self.kept.append(Kept(old=old, value=safe, why=why, limit=limit))

    def refuse(self, old: str, wanted: str, what_to_do: str) -> None:
        """The value can be neither."""
        found = shown(without_secrets(old.rpartition(".")[2], self.at(old)))
        fault = Problem(
            account=self.name, field=old, wanted=wanted, found=found, what_to_do=what_to_do
        )
        self.problems.append(fault)

    def at(self, old: str) -> object:
        """The value as the file has it."""
        value: object = self.content
        for part in old.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def number_in(value: object) -> Decimal | None:
    """A number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    return exact_number(str(value))


def amount_in(value: object) -> Amount | None:
    """A number with the unit that stands beside it: `2%`, `500 USD`, `$500`, or none."""
    if not isinstance(value, str):
        exact = number_in(value)
        return None if exact is None else Amount(exact, "")
    text = value.strip()
    unit = PERCENT if text.endswith("%") else MONEY if _names_money(text) else ""
    bare = re.sub(r"^[$€£]\s*|\s*(%|[$€£]|[A-Z]{3})$", "", text)
    exact = exact_number(bare)
    return None if exact is None else Amount(exact, unit)


def read_as(value: object, remark: str = "was a text") -> str:
    """What is worth saying of a number that a file holds as a text."""
    return remark if isinstance(value, str) else ""


def shown(value: object) -> str:
    """A foreign value in words."""
    return f'"{value}"' if isinstance(value, str) else "nothing" if value is None else str(value)


def without_secrets(name: str, value: object) -> object:
    """The same value; whatever its name calls a password is hidden, a reference is not.

    An address loses the user and password in it.
    """
    if _SECRET_NAME.search(name) and value not in (None, "") and not is_reference(value):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): without_secrets(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets("", inner) for inner in value]
    return without_logins(value) if type(value) is str else value


def is_reference(value: object) -> bool:
    """It names a password instead of being one."""
    return isinstance(value, str) and value != "" and bool(re.search(SECRET_PATTERN, value))


def password_variable(name: str, taken: Collection[str]) -> str:
    """A name for the environment variable, one that nobody else has in any case."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()[:LONGEST_VARIABLE]
    base = f"{words or 'ACCOUNT'}_PASSWORD"
    base = f"ACCOUNT_{base}" if base[0].isdigit() else base
    others = {one.upper() for one in taken}
    number, fresh = 2, base
    while fresh in others:
        number, fresh = number + 1, f"{base}_{number}"
    return fresh


def _names_money(text: str) -> bool:
    return bool(re.search(r"^[$€£]|([$€£]|[A-Z]{3})$", text))
