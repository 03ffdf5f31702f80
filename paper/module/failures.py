"""What last_error() says: MetaTrader's failure codes with the texts it gives them."""

from typing import Final

SUCCESS: Final = (1, "Success")
INVALID_PARAMS: Final = -2
NOT_FOUND: Final = -4
INVALID_VERSION: Final = -5
SEND_FAILED: Final = -10001
RECEIVE_FAILED: Final = -10002
INITIALIZE_FAILED: Final = -10003
NOT_CONNECTED: Final = -10004

_CALL_FAILED: Final = "Terminal: Call failed"
_TEXTS: Final[dict[int, str]] = {
    INVALID_PARAMS: "Terminal: Invalid params",
    -3: "Terminal: Out of memory",
    NOT_FOUND: "Terminal: Not found",
    INVALID_VERSION: "Terminal: Incompatible versions, please install the latest version of "
    "Terminal and Python module",
    -6: "Terminal: Authorization failed",
    -7: "Terminal: Unsupported function",
    -10000: "IPC call failed",
    SEND_FAILED: "IPC send failed",
    RECEIVE_FAILED: "IPC recv failed",
    NOT_CONNECTED: "No IPC connection",
    -10005: "IPC timeout",
}
_NO_SUCH_LOGIN: Final = "Unsupported authorization mode, OTP or certificate password needed"
_TEXTS_OF_ONE_CALL: Final[dict[tuple[str, int], str]] = {
    ("order_send", -8): "Auto-Trading using Python API disabled in Terminal",
    ("initialize", -7): _NO_SUCH_LOGIN,
    ("login", -7): _NO_SUCH_LOGIN,
}
_INITIALIZE_PREFIX: Final = "IPC initialize failed, "
_CODE_PAGE: Final = "cp1252"


class Failed(Exception):  # noqa: N818 - a call that failed; its caller sees last_error, not a traceback
    """A call that did not succeed, with what last_error() will say about it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class BadArgument(Failed):
    """An argument refused on the spot, before the terminal is asked anything."""

    def __init__(self, text: str) -> None:
        super().__init__(INVALID_PARAMS, text)


class Unrepresentable(BadArgument):
    """An argument that C cannot convert or hold: MetaTrader's module then raises SystemError."""


def refused(verb: str, code: int, detail: object = None) -> Failed:
    """What a negative code means, in the words MetaTrader has for it in this call."""
    if code == INITIALIZE_FAILED:
        return Failed(code, _INITIALIZE_PREFIX + _printed(detail))
    text = _TEXTS_OF_ONE_CALL.get((verb, code)) or _TEXTS.get(code, _CALL_FAILED)
    return Failed(code, text)


def read_aloud(text: str) -> str:
    """A failure's text as last_error() makes it from MetaTrader's bytes.

    They are bytes of Windows' western code page, read as UTF-8: a path with an umlaut in it makes
    last_error() itself raise UnicodeDecodeError.
    """
    return text.encode(_CODE_PAGE).decode()


def _printed(detail: object) -> str:
    """What is left of a detail: nothing at all if one character is not in the code page."""
    text = str(detail or "").removeprefix(_INITIALIZE_PREFIX)
    try:
        text.encode(_CODE_PAGE)
    except UnicodeEncodeError:
        return ""
    return text


def malformed() -> Failed:
    """An answer that is not what the call promises counts as none."""
    return refused("", RECEIVE_FAILED)


def not_connected() -> Failed:
    """Nobody is at the other end, and nothing was sent."""
    return refused("", NOT_CONNECTED)
