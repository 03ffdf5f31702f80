"""Account documents as text: MongoDB's extended JSON, in any encoding that editors write."""

import codecs
import json
import math
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import Int64, json_util
from bson.errors import BSONError
from bson.json_util import CANONICAL_JSON_OPTIONS, RELAXED_JSON_OPTIONS, JSONOptions

from commands.accounts.answer import WRONG_USE, Refused
from domain.problems import Problem

LARGEST_BYTES = 16 * 1024 * 1024
SMALL_WHOLE = 2**31
STDIN = "-"

_READ = JSONOptions(tz_aware=True, tzinfo=UTC)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def extended(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """The value as JSON holds it; a type that JSON lacks is written as MongoDB writes it."""
    if isinstance(value, Mapping):
        return {str(name): extended(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [extended(inner) for inner in value]
    if isinstance(value, Int64) and not -SMALL_WHOLE <= value < SMALL_WHOLE:
        return int(value)  # a database reads it back as the same type
    if _is_plain(value):
        return value
    options = RELAXED_JSON_OPTIONS if isinstance(value, datetime) else CANONICAL_JSON_OPTIONS
    return json.loads(json_util.dumps(value, json_options=options))


def read(path: str) -> object:
    """The content of a file, or of the standard input for `-`."""
    text = _decoded(path, _bytes(path))
    try:
        return json_util.loads(text, json_options=_READ)
    except RecursionError as fault:
        raise _unreadable(path, "lists within lists without an end") from fault
    except (ValueError, TypeError, BSONError) as fault:
        raise _unreadable(path, f"no JSON: {fault}") from fault


def named_files(places: Iterable[str]) -> list[str]:
    """The files named, and those in the folders named."""
    found: list[str] = []
    for place in places:
        folder = Path(place)
        inside = sorted(map(str, folder.glob("*.json"))) if folder.is_dir() else [place]
        if not inside:
            raise Refused(f"{place}: wanted .json files in this folder, found none.")
        found += inside
    return list(dict.fromkeys(found))


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    # JavaScript is a text of its own kind, and so is Int64 among the numbers.
    return value is None or type(value) in {str, bool, int}


def _bytes(path: str) -> bytes:
    if path == STDIN:
        raw = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    else:
        try:
            with Path(path).open("rb") as file:
                raw = file.read(LARGEST_BYTES + 1)
        except OSError as fault:
            text = f"{path}: wanted a file, found: {fault.strerror or fault}."
            raise Refused(text, code=WRONG_USE) from fault
    if len(raw) > LARGEST_BYTES:
        raise _unreadable(path, f"more than {LARGEST_BYTES // 1024 // 1024} MB")
    return raw


def _decoded(path: str, raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as fault:
        raise _unreadable(path, f"no {encoding} text (byte {fault.start})") from fault


def _unreadable(path: str, found: str) -> Refused:
    name = "standard input" if path == STDIN else path
    fault = Problem(
        field=name,
        wanted="account documents as JSON, in UTF-8 or UTF-16 with its mark",
        found=found,
        what_to_do="Correct the file; nothing of it was taken over.",
    )
    return Refused("", [fault])
