"""The table of fields as a page for people: docs/ACCOUNTS.md is exactly this text."""

from decimal import Decimal

from domain.account_fields import ACCOUNT_FIELDS, BOOKKEEPING, IMPOSSIBLE, Impossible, where_of
from domain.fields import BOTH, Field, Kind

HEAD = """# Account documents

Every field of a document in the collection `accounts`. This page is made from
`domain/account_fields.py` by `python -m commands.accounts_page`; a test compares them.

A document needs `name`, `type` and `path`; everything else has a default. A change takes effect
within seconds; where "restart" says yes, that account's node is started anew for it.

| field | type | default | range or choices | unit | for | restart | meaning |
|---|---|---|---|---|---|---|---|
"""

TOGETHER = """
## What cannot stand together

| field | where | why | what to do |
|---|---|---|---|
"""

REST = """
A number counts as used above 0, one that may be null whenever it is there, and a text or a list
when it is not empty. The other fields for slaves may stand on a master: there they mean nothing.

## What is refused

- A field that is not in the table, at the top or within a section: a misspelt limit would be no
  limit. The fields {bookkeeping} may stand in every document.
- A value of another type, also the number 1 for `true` and the text `"5"` for 5, and `null` for a
  field that has a default. A number may be stored as int, long, double or decimal.
- A number outside its range, and what is no number: infinity and NaN. Minus zero is zero.
- A text that is too long, and one with a line end, a control character, a character of no width or
  a blank that only looks like one, such as the no-break space. Characters are counted, not bytes.
- The same text twice in one list.
- Settings that contradict each other: `size.min_lot` above `max_lot` or above what may be open at
  all; a fixed lot outside of the limits that skip it; `filters.min_master_lot` above
  `filters.max_master_lot`; `min_hold_seconds` above `max_hold_seconds`; a range of magics that runs
  backwards; a magic or comment that is both allowed and denied; `trading_windows` without a window,
  or one that begins when it ends; `break_even.lock` at or above `break_even.at`; a break-even
  beyond which the trailing stop is already; a risk or a ratio of a stop that copies do not have; a
  rule behind one that fits everything; a rule for a master that no account is. Within a rule they
  are judged on top of the account's own.
- What the table above calls impossible, a `follows` that names the account itself, and a time zone
  this computer does not know.

The database refuses such a document with error 121, and `errInfo.details` of it names the field,
what it takes and what was found: mongosh shows that at its prompt (not with `--eval`), pymongo in
the text of the error. Some things a database cannot say, so only the nodes and
`python launcher.py accounts` do: that an account follows itself, that a zone is unknown, and what
contradicts each other.

Where a database refuses validators altogether `setup_db.py` says so, and the nodes check every
document all the same: a wrong one changes nothing, its account keeps its last good settings and
says which field is wrong.

A document that was wrong before the rules came may still be edited, and stays wrong until its last
fault is gone.

## Passwords

A password never stands in a document. `password` names where it is kept: `${{ENV_NAME}}` is a
variable of the environment, `keyring:SERVICE/USER` an entry of this computer's keyring. It needs
`login`. Whoever finds a password in a document should change it: it has been readable.

## Fields of an earlier system

The first run of `setup_db.py` on accounts that were there before moves every field nobody knows
into the field `legacy`, unchanged, and says of each that it is kept and has no effect here. It
leaves, and lists as TO DO, a field whose name looks like one of the table and a value that may be a
password. Later runs move nothing, because a field that appears later is a slip of the pen. Below
`legacy` you may keep what you like.
"""


def markdown() -> str:
    """The whole page."""
    rows = "\n".join(_row(field) for field in ACCOUNT_FIELDS) + "\n"
    impossible = "\n".join(_impossible(one) for one in IMPOSSIBLE) + "\n"
    kept = ", ".join(f"`{name}`" for name in sorted(BOOKKEEPING))
    return HEAD + rows + TOGETHER + impossible + REST.format(bookkeeping=kept)


def _impossible(one: Impossible) -> str:
    why = f"{one.why[0].upper()}{one.why[1:]}."
    cells = (f"`{one.field}`", where_of(one), why, one.what_to_do)
    return "| " + " | ".join(cells) + " |"


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
    if field.longest is not None:
        return _length(field)
    if field.above is not None:
        return f"above {field.above}, at most {field.most}"
    return "" if field.least is None else f"{field.least} to {field.most}"


def _length(field: Field) -> str:
    if field.most_items is None:
        return f"at most {field.longest} characters"
    return f"at most {field.most_items}, each of at most {field.longest} characters"
