"""One value of an account document -> what it stands for, or why it cannot stand."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from domain.fields import INVISIBLE, NOT_BLANK, Field, Kind

LONGEST_SHOWN = 60


class Fault(NamedTuple):
    """One thing wrong with a document, before it is known whose it is."""

    field: str
    wanted: str
    found: str
    what_to_do: str


def read_value(field: Field, value: object) -> object:
    """The value in our own types, or a `Fault`."""
    return _READERS[field.kind](field, value)


def wanted(field: Field) -> str:
    """What a field takes, in words."""
    words = [_KIND_WORDS[field.kind], _bounds(field)]
    if field.choices:
        words = [" or ".join(f'"{choice}"' for choice in field.choices)]
    if field.unit:
        words.append(f"in {field.unit}")
    if field.example:
        words.append(f"like {field.example}")
    return " ".join(word for word in words if word)


def _bounds(field: Field) -> str:
    if field.longest is not None and field.kind is not Kind.SECRET:
        return _length(field, field.longest)
    if field.above is not None:
        return f"above {field.above}, at most {field.most}"
    return "" if field.least is None else f"{field.least} to {field.most}"


def _length(field: Field, longest: int) -> str:
    characters = f"at most {longest} characters"
    if field.most_items is None:
        return f"of {characters}"
    return f"of {characters} each, at most {field.most_items} of them"


def _fault(field: Field, found: str) -> Fault:
    return Fault(field.name, wanted(field), found, f"Correct it. {field.meaning}")


def _shown(value: object) -> str:
    """A value as a person would recognise it, with its type where that is what is wrong."""
    text = str(Decimal(value)) if type(value) is int else str(value)
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 3] + "..."
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{text}"'
    return f"{text} ({type(value).__name__})"


def _text(field: Field, value: object) -> object:
    return value if _fits(field, value) else _fault(field, _shown(value))


def _fits(field: Field, value: object) -> bool:
    """A subclass of str is what a database client makes of JavaScript, which is no text."""
    if type(value) is not str or (field.longest is not None and len(value) > field.longest):
        return False
    return not re.search(INVISIBLE, value) and re.search(field.pattern, value) is not None


def _secret(field: Field, value: object) -> object:
    if _fits(field, value):
        return value
    found = "the password itself (not shown)" if isinstance(value, str) else type(value).__name__
    todo = (
        "Put the password into an environment variable or the keyring, write its name here, "
        "and change the password: it has been readable in the database."
    )
    return Fault(field.name, wanted(field), found, todo)


def _choice(field: Field, value: object) -> object:
    chosen = isinstance(value, str) and value in field.choices
    return value if chosen else _fault(field, _shown(value))


def _switch(field: Field, value: object) -> object:
    return value if isinstance(value, bool) else _fault(field, _shown(value))


def _number(field: Field, value: object) -> object:
    exact = _exact(value)
    if exact is None or not _within(field, exact):
        return _fault(field, _shown(value))
    return exact


def _whole(field: Field, value: object) -> object:
    exact = _exact(value)
    if exact is None or not _within(field, exact) or exact != exact.to_integral_value():
        return _fault(field, _shown(value))
    return int(exact)


def _exact(value: object) -> Decimal | None:
    """Any of the number types a database client may hand over; they all print exactly.

    The database's own decimal is known by what it can become. There is one zero, without a sign.
    """
    if isinstance(value, bool):
        return None
    if not isinstance(value, (int, float, Decimal)):
        value = value.to_decimal() if hasattr(value, "to_decimal") else None
    exact = _decimal(value)
    if not exact.is_finite():
        return None
    return exact or Decimal(0)


def _decimal(value: object) -> Decimal:
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    return Decimal("NaN") if value is None else Decimal(str(value))


def _within(field: Field, value: Decimal) -> bool:
    if field.above is not None and value <= field.above:
        return False
    if field.least is not None and value < field.least:
        return False
    return field.most is None or value <= field.most


def _names(field: Field, value: object) -> object:
    if not isinstance(value, (list, tuple)) or not all(_is_name(field, item) for item in value):
        return _fault(field, _shown(value))
    if _too_many(field, len(value)) or len(set(value)) < len(value):
        return _fault(field, _shown(value))
    return tuple(value)


def _text_map(field: Field, value: object) -> object:
    if not isinstance(value, Mapping) or _too_many(field, len(value)):
        return _fault(field, _shown(value))
    names = msgspec.structs.replace(field, pattern="")
    if not all(_is_name(names, name) and _is_name(field, one) for name, one in value.items()):
        return _fault(field, _shown(value))
    return dict(value)


def _too_many(field: Field, count: int) -> bool:
    return field.most_items is not None and count > field.most_items


def _is_name(field: Field, value: object) -> bool:
    return _fits(field, value) and re.search(NOT_BLANK, str(value)) is not None


def _rules(field: Field, value: object) -> object:
    """Each one is read like a document of its own."""
    if not isinstance(value, (list, tuple)) or _too_many(field, len(value)):
        return _fault(field, _shown(value))
    if not all(isinstance(one, Mapping) for one in value):
        return _fault(field, _shown(next(one for one in value if not isinstance(one, Mapping))))
    return tuple(value)


def _no_section(field: Field, value: object) -> object:
    return _fault(field, _shown(value))


_READERS: Mapping[Kind, Callable[[Field, Any], object]] = {
    Kind.TEXT: _text,
    Kind.SECRET: _secret,
    Kind.CHOICE: _choice,
    Kind.SWITCH: _switch,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.NAMES: _names,
    Kind.TEXT_MAP: _text_map,
    Kind.SECTION: _no_section,
    Kind.RULES: _rules,
}

_KIND_WORDS: Mapping[Kind, str] = {
    Kind.TEXT: "text",
    Kind.SECRET: "${ENV_NAME} or keyring:SERVICE/USER",
    Kind.CHOICE: "",
    Kind.SWITCH: "true or false",
    Kind.WHOLE: "a whole number",
    Kind.NUMBER: "a number",
    Kind.NAMES: "a list of different texts",
    Kind.TEXT_MAP: "a text for each name",
    Kind.SECTION: "a section with fields of its own",
    Kind.RULES: "a list of rules, each with fields of its own",
}
