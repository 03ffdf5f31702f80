"""What docs and command line say of faults, taken from the classes that are checked against."""

from collections.abc import Iterator
from typing import Final

import msgspec

from paper.service.faults.kinds import KINDS, Kind
from paper.service.faults.rules import Scope

FOR_EVER: Final = "none"


def meaning(kind: type[Kind]) -> str:
    """What happens, in one sentence."""
    return (kind.__doc__ or "").strip()


def settings(struct: type[msgspec.Struct]) -> list[str]:
    """Each setting with its usual value, or with a star where it must be given."""
    return [_setting(field) for field in msgspec.structs.fields(struct)]


def _setting(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return f"{field.encode_name}*"
    usual = FOR_EVER if field.default is None else field.default
    return f"{field.encode_name}={_plain(usual)}"


def _plain(usual: object) -> str:
    if isinstance(usual, bool):
        return str(usual).lower()
    if isinstance(usual, float) and usual.is_integer():
        return str(int(usual))
    return "" if usual == () else str(usual)


def scope_settings() -> list[str]:
    """The settings every rule has."""
    return settings(Scope)


def kind_lines() -> Iterator[str]:
    """All kinds for a terminal window."""
    for name, kind in KINDS.items():
        yield f"{name}: {meaning(kind)}"
        yield f"    on {kind.usual_call}; {' '.join(settings(kind)) or 'no settings'}"


SCOPE: Final = {
    "terminal": "the terminal's key; `*` is all",
    "call": "a call's name, a pattern with `*`, or `now`; empty takes the kind's usual one",
    "order": "of order_send only: open, close, stops, pending, modify, remove or close_by",
    "symbol": "only this symbol: of an order, of a call, else of the rows shown",
    "skip": "so many calls are let through first",
    "every": "then every n-th strikes",
    "times": "so often; 0 is without end",
    "chance": "each time with this probability",
    "after_ms": "begins so long after it was added",
    "for_ms": "lasts so long; 0 is until cleared",
}


def scope_table() -> str:
    """The settings every rule has, for a page."""
    rows = (f"| `{told}` | {SCOPE[told.partition('=')[0]]} |" for told in scope_settings())
    return "\n".join(("| setting | meaning |", "|---|---|", *rows)) + "\n"


def kind_table() -> str:
    """All kinds for a page."""
    rows = [
        f"| `{name}` | {meaning(kind)} | `{kind.usual_call}` | {_code(settings(kind))} |"
        for name, kind in KINDS.items()
    ]
    head = ("| kind | what happens | usual call | settings |", "|---|---|---|---|")
    return "\n".join((*head, *rows)) + "\n"


def _code(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names)
