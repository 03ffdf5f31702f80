"""The table of fields as a page for people: docs/ACCOUNTS.md is exactly this text."""

from decimal import Decimal

from domain.account_fields import ACCOUNT_FIELDS, BOTH, Field, Kind

HEAD = """# Account documents

Every field of a document in the collection `accounts`. This page is made from
`domain/account_fields.py` by `python -m commands.accounts_page`; a test compares them.

A document needs `name`, `type` and `path`; everything else has a default. Unknown fields are
refused, except below `legacy`, where you may keep what you like. A change takes effect within
seconds; where "restart" says yes, the node is started anew for it.

| field | type | default | range or choices | unit | for | restart | meaning |
|---|---|---|---|---|---|---|---|
"""


def markdown() -> str:
    """The whole page."""
    return HEAD + "\n".join(_row(field) for field in ACCOUNT_FIELDS) + "\n"


def _row(field: Field) -> str:
    cells = (
        f"`{field.name}`",
        field.kind.value,
        _default(field),
        _range(field),
        field.unit,
        "both" if field.roles == BOTH else ", ".join(sorted(field.roles)),
        "yes" if field.restart else "no",
        field.meaning,
    )
    return "| " + " | ".join(cells) + " |"


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, (str, int, Decimal)):
        return f'`"{field.default}"`' if isinstance(field.default, str) else f"`{field.default}`"
    if field.may_be_null:
        return "absent"
    return "see below" if field.kind is Kind.SECTION else "empty"


def _range(field: Field) -> str:
    if field.choices:
        return ", ".join(f'`"{choice}"`' for choice in field.choices)
    if field.above is not None:
        return f"above {field.above}"
    return "" if field.least is None else _from_least(field)


def _from_least(field: Field) -> str:
    return f"{field.least} or more" if field.most is None else f"{field.least} to {field.most}"
