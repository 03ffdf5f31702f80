"""What initialize and login refuse on the spot, and the words they make of what remains."""

from collections.abc import Mapping
from typing import Any, Final

from paper.module import arguments
from paper.module.failures import BadArgument
from paper.module.terminal_session import LoginWords

_WORD_LIMIT: Final = 253
_PATH_LIMIT: Final = 257
_TIMEOUT_BITS: Final = 32
_LOGIN_POSITIONS: Final = ("login", "password", "server")

_Args = tuple[Any, ...]
_Keywords = Mapping[str, Any]


def initialize_words(args: _Args, keywords: _Keywords) -> tuple[str, LoginWords]:
    """The terminal's path ("" where none is given) and whom to log in as."""
    if len(args) > 1:
        raise BadArgument(arguments.WRONG_NUMBER)
    path, refusal = _given("path", args, ("path",), keywords, "")
    return arguments.text(path, refusal, _PATH_LIMIT), _words((), (), keywords)


def login_words(args: _Args, keywords: _Keywords) -> LoginWords:
    """Whom to log in as; without a login there is nobody."""
    if len(args) > len(_LOGIN_POSITIONS):
        raise BadArgument(arguments.WRONG_NUMBER)
    if not args and "login" not in keywords:
        raise BadArgument(arguments.named("login"))
    return _words(args, _LOGIN_POSITIONS, keywords)


def _words(args: _Args, positions: tuple[str, ...], keywords: _Keywords) -> LoginWords:
    login, login_refusal = _given("login", args, positions, keywords, 0)
    password, password_refusal = _given("password", args, positions, keywords, "")
    server, server_refusal = _given("server", args, positions, keywords, "")
    timeout, timeout_refusal = _given("timeout", args, positions, keywords, 0)
    return LoginWords(
        login=arguments.unsigned(login, login_refusal),
        password=arguments.text(password, password_refusal, _WORD_LIMIT),
        server=arguments.text(server, server_refusal, _WORD_LIMIT),
        timeout_ms=arguments.unsigned(timeout, timeout_refusal, _TIMEOUT_BITS),
    )


def _given(
    key: str, args: _Args, positions: tuple[str, ...], keywords: _Keywords, absent: object
) -> tuple[object, str]:
    """An argument and what refuses it, which depends on the way it was given."""
    if key in positions and positions.index(key) < len(args):
        position = positions.index(key)
        return args[position], arguments.unnamed(position)
    return keywords.get(key, absent), arguments.named(key)
