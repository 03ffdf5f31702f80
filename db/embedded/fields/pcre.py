"""PCRE's patterns in Python's words: classes of letters are ASCII's, and have names in brackets."""

import re
from collections.abc import Iterator

_PIECES = re.compile(r"\\[\s\S]|\[:\^?\w+:\]|[\s\S]")
_NAMED = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "word": r"\w",
    "space": r"\s",
    "blank": r" \t",
    "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f",
    "graph": "!-~",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
}
_OUTSIDE = {rf"\{letter}": rf"(?a:\{letter})" for letter in "dDwWsSbB"} | {
    r"\Z": r"(?=\n?\Z)",
    r"\z": r"\Z",
}
_INSIDE = {
    r"\d": "0-9",
    r"\w": "A-Za-z0-9_",
    r"\s": r" \t\n\r\f\v",
    r"\D": r"\x00-/:-\U0010ffff",
    r"\W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    r"\S": r"\x00-\x08\x0e-\x1f!-\U0010ffff",
    "[": r"\[",
}


def as_python(pattern: str) -> str:
    """The same pattern for Python; re.error for what has no such words."""
    return "".join(_translated(pattern))


def _translated(pattern: str) -> Iterator[str]:
    inside = 0  # how many pieces of a class have been read, 0 outside
    for piece in _PIECES.findall(pattern):
        if not inside:
            yield from _outside(piece)
            inside = int(piece == "[" or piece.startswith("[:"))
        elif piece == "]" and inside > 1:
            yield piece
            inside = 0
        else:
            yield _inside(piece)
            inside += int(piece != "^" or inside > 1)


def _outside(piece: str) -> Iterator[str]:
    if not piece.startswith("[:"):
        yield _OUTSIDE.get(piece, piece)
        return
    # A class that begins with a colon: what looks like a name has none here.
    raise re.error(f"{piece} has a meaning within brackets alone", piece, 0)


def _inside(piece: str) -> str:
    if piece.startswith("[:"):
        name = piece[2:-2]
        if name not in _NAMED:
            raise re.error(f"the class {piece} is not known to the embedded database", piece, 0)
        return _INSIDE.get(_NAMED[name], _NAMED[name])
    return _INSIDE.get(piece, piece)
