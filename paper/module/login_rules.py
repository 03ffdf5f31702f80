"""What initialize and login refuse on the spot, and the words they make of what remains."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from paper.module import arguments
from paper.module.failures import BadArgument
from paper.module.terminal_session import LoginWords

_WORD_LIMIT: Final = 253
_PATH_LIMIT: Final = 257
_TIMEOUT_BITS: Final = 32
_LOGIN_POSITIONS: Final = ("login", "password", "server")

_word: Final = partial(arguments.text, limit=_WORD_LIMIT)
# In the order in which MetaTrader's module looks: the first one that is wrong is complained of.
_CHECKS: Final[dict[str, Callable[[object, str], object]]] = {
    "login": arguments.unsigned,
    "server": _word,
    "password": _word,
    "timeout": partial(arguments.unsigned, bits=_TIMEOUT_BITS),
}

_Args = tuple[object, ...]
_Keywords = Mapping[str, object]


def initialize_words(args: _Args, keywords: _Keywords) -> tuple[str, LoginWords]:
    """The terminal's path ("" where none is given) and whom to log in as."""
    if len(args) > 1:
        raise BadArgument(arguments.WRONG_NUMBER)
    path = arguments.text(args[0], arguments.unnamed(0), _PATH_LIMIT) if args else ""
    words = _words(_by_name(keywords))
    if "path" in keywords:
        path = arguments.text(keywords["path"], arguments.named("path"), _PATH_LIMIT)
    return path, words


def login_words(args: _Args, keywords: _Keywords) -> LoginWords:
    """Whom to log in as; without a login, or with 0, there is nobody."""
    if len(args) > len(_LOGIN_POSITIONS):
        raise BadArgument(arguments.WRONG_NUMBER)
    given = _by_place(args) | _by_name(keywords)
    if not given.get("login"):
        raise BadArgument(arguments.named("login"))
    return _words(given)


def _by_place(args: _Args) -> dict[str, Any]:
    places = enumerate(zip(_LOGIN_POSITIONS, args, strict=False))
    return {key: _CHECKS[key](value, arguments.unnamed(place)) for place, (key, value) in places}


def _by_name(keywords: _Keywords) -> dict[str, Any]:
    """What was named wins over what was placed, and is looked at even so."""
    return {
        key: check(keywords[key], arguments.named(key))
        for key, check in _CHECKS.items()
        if key in keywords
    }


def _words(given: dict[str, Any]) -> LoginWords:
    return LoginWords(
        login=given.get("login", 0),
        password=given.get("password", ""),
        server=given.get("server", ""),
        timeout_ms=given.get("timeout", 0),
    )
