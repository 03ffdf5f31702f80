"""What a person reads when a terminal could not be connected to: wanted, found, what to do."""

from pathlib import Path
from typing import Final, NamedTuple

from domain.mt5_words import LastError

LAST_IT_CAN_WRITE: Final = 0xFF
NOTHING_THERE: Final = "nothing is there"


class _Advice(NamedTuple):
    found: str
    what_to_do: str


_RIGHTS: Final = "run it as the same Windows user, and with the same rights, as this program"

#: How MetaTrader's module says why it has no pipe to a terminal; the first that fits counts.
_NO_PIPE: Final = {
    NOTHING_THERE: _Advice("no program", "Correct `path`, or install that terminal anew."),
    "Process create failed": _Advice(
        "a file that Windows cannot start", "Correct `path`, or install that terminal anew."
    ),
    "Pipe server didn't answer": _Advice(
        "that it was started and did not answer",
        f"Look at its window: it may be updating, or asking something. Else {_RIGHTS}.",
    ),
    "not found": _Advice(
        "no MetaTrader 5 on this machine", "Install the broker's, and correct `path`."
    ),
    "CreateFile failed": _Advice("that it lets nobody in", f"Stop it, and {_RIGHTS}."),
}

_BY_CODE: Final[dict[int, _Advice]] = {
    LastError.INTERNAL_FAIL_TIMEOUT: _Advice(
        "that it did not come to be logged in",
        "Look at its window: is the broker reached, are `login`, `server` and `password` right?",
    ),
    LastError.AUTH_FAILED: _Advice(
        "that the broker refused the login",
        "Correct `login`, `server` and `password`; some brokers refuse the first try only.",
    ),
    LastError.UNSUPPORTED: _Advice(
        "that the account asks for a one-time password or a certificate",
        "Log in by hand in the terminal, and take `login` and `password` out of the document.",
    ),
    LastError.INVALID_VERSION: _Advice(
        "one of another version",
        "Let the terminal update itself, and run: pip install -r requirements.txt",
    ),
    LastError.INTERNAL_FAIL_SEND: _Advice("that it went away", "It is tried again."),
    LastError.INTERNAL_FAIL_RECEIVE: _Advice("that it went away", "It is tried again."),
    LastError.INTERNAL_FAIL_CONNECT: _Advice("that it went away", "It is tried again."),
}

_ELSE: Final = _Advice("that it cannot be connected to", "Look at its window; it is tried again.")


def must_not_be_tried(path: str) -> bool:
    """No program there, by a name that MetaTrader's module cannot put into words.

    It would write its failure over a part of its own memory, and this process would die of it.
    """
    program = Path(path)
    if program.suffix.lower() != ".exe" or program.is_file():
        return False
    return any(ord(letter) > LAST_IT_CAN_WRITE for letter in path)


def why_not(path: str, whom: str, code: int, said: str) -> str:
    """The reason, with MetaTrader's own words behind it."""
    advice = _advice(code, said)
    return f"wanted {path}{whom}, found {advice.found} ({said}). {advice.what_to_do}"


def _advice(code: int, said: str) -> _Advice:
    if code == LastError.INTERNAL_FAIL_INIT:
        return next((advice for words, advice in _NO_PIPE.items() if words in said), _ELSE)
    return _BY_CODE.get(code, _ELSE)
