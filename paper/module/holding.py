"""Reading a socket without letting go of the interpreter, as MetaTrader's module reads its pipe.

While such a read waits, no other thread of the process runs, no timer fires and no Ctrl+C is
heard. Whoever supervises a process like that has to stand outside.
"""

import ctypes
import errno
import socket
import sys
from functools import lru_cache
from typing import Any, Final

_FAILED: Final = -1


def receive_holding(connected: socket.socket, at_most: int) -> bytes:
    """What `connected.recv(at_most)` would say of a blocking socket."""
    buffer = ctypes.create_string_buffer(at_most)
    while True:
        received = _recv()(connected.fileno(), buffer, at_most, 0)
        if received != _FAILED:
            return ctypes.string_at(buffer, received)
        code = _last_code()
        if code != errno.EINTR:
            raise OSError(code, "a read that holds the interpreter failed")


if sys.platform == "win32":
    _LIBRARY: Final = "ws2_32"
    _HANDLE: Final[Any] = ctypes.c_size_t
    _SIZE: Final[Any] = ctypes.c_int

    def _last_code() -> int:
        return ctypes.get_last_error()

else:
    _LIBRARY: Final = None
    _HANDLE: Final[Any] = ctypes.c_int
    _SIZE: Final[Any] = ctypes.c_size_t

    def _last_code() -> int:
        return ctypes.get_errno()


@lru_cache(maxsize=1)
def _recv() -> Any:  # noqa: ANN401 - a C function
    """PyDLL calls keep the interpreter, where CDLL's let go of it."""
    library = ctypes.PyDLL(_LIBRARY, use_errno=True, use_last_error=sys.platform == "win32")
    function = library.recv
    function.argtypes = [_HANDLE, ctypes.c_char_p, _SIZE, ctypes.c_int]
    function.restype = ctypes.c_ssize_t if sys.platform != "win32" else ctypes.c_int
    return function
