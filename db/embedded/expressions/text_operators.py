"""Expression operators on text."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal
from db.embedded.expressions.conversions import to_text
from db.embedded.fields.patterns import compile_regex
from db.embedded.values import Missing, type_name

Values: TypeAlias = list[object]
Said: TypeAlias = Mapping[str, object]
_MANY = 1_000_000
_SPACES = "\0\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B)))


def _is_null(value: object) -> bool:
    return value is None or isinstance(value, Missing)


def _text(value: object, operator: str, code: int) -> str:
    if not isinstance(value, str):
        raise Refusal(code, f"{operator} requires a string, found: {type_name(value)}")
    return value


def concat(values: Values) -> object:
    """$concat."""
    if any(_is_null(value) for value in values):
        return None
    return "".join(_text(value, "$concat", 16702) for value in values)


def _cased(work: Callable[[str], str]) -> Callable[[Values], object]:
    return lambda values: "" if _is_null(values[0]) else work(to_text(values[0]))


def _split(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    text, mark = _text(values[0], "$split", 40085), _text(values[1], "$split", 40086)
    if not mark:
        raise Refusal(40087, "$split requires a non-empty separator")
    return text.split(mark)


def _compare_caseless(values: Values) -> object:
    left, right = ("" if _is_null(value) else to_text(value).upper() for value in values)
    return (left > right) - (left < right)


def _length(values: Values) -> object:
    return len(_text(values[0], "$strLenCP", 34471))


def _byte_length(values: Values) -> object:
    return len(_text(values[0], "$strLenBytes", 34473).encode())


def _part(values: Values) -> object:
    text = "" if _is_null(values[0]) else to_text(values[0])
    start, length = (_place(value, "$substrCP") for value in values[1:])
    if start < 0 or length < 0:
        raise Refusal(34454, "$substrCP: start and length must not be negative")
    return text[start : start + length]


def _byte_part(values: Values) -> object:
    text = ("" if _is_null(values[0]) else to_text(values[0])).encode()
    start, length = (_place(value, "$substrBytes") for value in values[1:])
    if start < 0:
        raise Refusal(50752, "$substrBytes: start must not be negative")
    try:
        return text[start : len(text) if length < 0 else start + length].decode()
    except UnicodeDecodeError as reason:
        raise Refusal(28656, "$substrBytes: a character would be cut") from reason


def _place(value: object, operator: str) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not float(value).is_integer()
    ):
        raise Refusal(34450, f"{operator}: places are whole numbers, found {value!r}")
    return int(value)


def _index(values: Values) -> object:
    if _is_null(values[0]):
        return None
    text, wanted = _text(values[0], "$indexOfCP", 40093), _text(values[1], "$indexOfCP", 40094)
    return text.find(wanted, *(_place(value, "$indexOfCP") for value in values[2:]))


def trim(said: Said, work: Callable[[str, str], str]) -> object:
    """$trim, $ltrim and $rtrim."""
    if any(_is_null(value) for value in said.values()):
        return None
    letters = said.get("chars", _SPACES)
    return work(_text(said["input"], "$trim", 50699), _text(letters, "$trim", 50700))


def replace(said: Said, count: int) -> object:
    """$replaceOne and $replaceAll."""
    words = [said[word] for word in ("input", "find", "replacement")]
    if any(_is_null(word) for word in words):
        return None
    text, old, new = (_text(word, "$replaceOne", 51746) for word in words)
    return text.replace(old, new, count)


def _finds(said: Said) -> list[dict[str, object]]:
    if _is_null(said["input"]) or _is_null(said["regex"]):
        return []
    options = said.get("options")
    pattern = compile_regex(said["regex"], "" if _is_null(options) else str(options))
    text = _text(said["input"], "$regexFind", 51104)
    return [
        {"match": found[0], "idx": found.start(), "captures": list(found.groups())}
        for found in pattern.finditer(text)
    ]


def regex_match(said: Said) -> object:
    """$regexMatch."""
    return bool(_finds(said))


def regex_find(said: Said) -> object:
    """$regexFind."""
    return next(iter(_finds(said)), None)


def regex_find_all(said: Said) -> object:
    """$regexFindAll."""
    return _finds(said)


TEXT: dict[str, tuple[Callable[[Values], object], int, int]] = {
    "$concat": (concat, 0, _MANY),
    "$toUpper": (_cased(str.upper), 1, 1),
    "$toLower": (_cased(str.lower), 1, 1),
    "$split": (_split, 2, 2),
    "$strcasecmp": (_compare_caseless, 2, 2),
    "$strLenCP": (_length, 1, 1),
    "$strLenBytes": (_byte_length, 1, 1),
    "$substr": (_byte_part, 3, 3),
    "$substrBytes": (_byte_part, 3, 3),
    "$substrCP": (_part, 3, 3),
    "$indexOfCP": (_index, 2, 4),
}
