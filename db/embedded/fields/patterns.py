"""BSON regular expressions as Python's."""

import re

from bson import Regex

from db.embedded.errors import Refusal
from db.embedded.fields.pcre import as_python

_RE_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "u": 0}


def compile_regex(pattern: object, options: str) -> re.Pattern[str]:
    """A Python pattern that means what the BSON one does."""
    flags = 0
    if isinstance(pattern, Regex):
        flags, pattern = (0, pattern.pattern) if options else (pattern.flags, pattern.pattern)
    if not isinstance(pattern, str):
        raise Refusal(2, "$regex has to be a string")
    unknown = set(options) - set(_RE_FLAGS)
    if unknown:
        raise Refusal(51108, f"invalid flag in regex options: {''.join(sorted(unknown))}")
    for letter in options:
        flags |= _RE_FLAGS[letter]
    try:
        return re.compile(as_python(pattern), flags & ~re.UNICODE & ~re.LOCALE)
    except (re.error, OverflowError, RecursionError, ValueError) as reason:
        raise Refusal(51091, f"Regular expression is invalid: {reason}") from reason
