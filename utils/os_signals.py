"""What differs between operating systems about stopping processes and starting them apart."""

import ctypes
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

import psutil

#: SIGHUP: the terminal's window was closed. On Windows that comes as SIGBREAK, if at all.
_STOP_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
    if hasattr(signal, name)
)
_HANGUP: Final = getattr(signal, "SIGHUP", None)
_OUTPUTS: Final = (1, 2)


class StopRequest:
    """Notes that this process shall stop; made on the main thread, before any loop runs.

    With `wakeup`, `waitable` becomes readable at the request, so that a poll returns at once, on
    Windows as well.
    """

    def __init__(self, *, wakeup: bool = False) -> None:
        self.times = 0
        self.waitable: socket.socket | None = None
        self._waker: socket.socket | None = None
        self._old_wakeup = -1
        if wakeup:
            self._make_wakeup()
        heeded = (number for number in _STOP_SIGNALS if not _is_left_to_nohup(number))
        self._old = {number: signal.signal(number, self._note) for number in heeded}

    @property
    def requested(self) -> bool:
        """Whether anybody asked, by signal or by request()."""
        return self.times > 0

    def request(self) -> None:
        """Ask from within: a message or an end of work."""
        self.times += 1
        if self._waker is not None:
            self._waker.send(b"\0")

    def close(self) -> None:
        """Put back what was in force before."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        if self._waker is not None and self.waitable is not None:
            signal.set_wakeup_fd(self._old_wakeup)
            self._waker.close()
            self.waitable.close()
            self._waker = self.waitable = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.times += 1
        if number == _HANGUP:
            _speak_into_the_void()

    def _make_wakeup(self) -> None:
        self.waitable, self._waker = socket.socketpair()
        self.waitable.settimeout(0)
        self._waker.settimeout(0)
        # Python's own C code writes to it, even while this thread is inside a poll.
        self._old_wakeup = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)


def _speak_into_the_void() -> None:
    """The terminal is gone: what is still said on the way out must not fail for that."""
    void = os.open(os.devnull, os.O_WRONLY)
    for output in _OUTPUTS:
        if stat.S_ISCHR(os.fstat(output).st_mode):
            os.dup2(void, output)
    os.close(void)


def _is_left_to_nohup(number: int) -> bool:
    """`nohup` ignores SIGHUP for programs that shall outlive their terminal.

    An ignored SIGINT means nothing of the kind: shells ignore it for whatever a script starts
    with `&`, and who sends it there means it.
    """
    return number == _HANGUP and signal.getsignal(number) is signal.SIG_IGN


def new_process_group_kwargs() -> dict[str, Any]:
    """For Popen: a Ctrl+C in the console reaches us alone, and we tell the child."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def born(pid: int) -> float | None:
    """When a process started: with its id this names it for ever, as ids are used again.

    None where it is gone; one that only waits to be collected by its parent is gone too.
    """
    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def ask_to_stop(pid: int, birth: float | None = None) -> bool:
    """Ask a process to end; False where it is gone. On Windows: a group leader in our console."""
    if not _is_there(pid, birth):
        return False
    try:
        _say_stop(pid)
    except OSError:
        # It ended between the look and the call, or cannot be asked; the second is the caller's.
        if _is_there(pid, birth):
            raise
        return False
    return True


def _say_stop(pid: int) -> None:
    if sys.platform == "win32":
        # Not os.kill: where the event cannot be sent it ends the process itself, without asking.
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        if not kernel32.GenerateConsoleCtrlEvent(signal.CTRL_BREAK_EVENT, pid):
            raise ctypes.WinError(ctypes.get_last_error())
    else:
        os.kill(pid, signal.SIGTERM)


def kill(pid: int, birth: float | None = None) -> bool:
    """End a process without asking; False where it is gone."""
    if not _is_there(pid, birth):
        return False
    try:
        psutil.Process(pid).kill()
    except psutil.NoSuchProcess:
        return False
    return True


def suspend(pid: int, birth: float | None = None) -> bool:
    """Let a process do nothing until it is resumed; False where it is gone."""
    return _is_there(pid, birth) and _told(psutil.Process.suspend, pid)


def resume(pid: int, birth: float | None = None) -> bool:
    """Let a suspended process go on; False where it is gone."""
    return _is_there(pid, birth) and _told(psutil.Process.resume, pid)


def _told(order: Callable[[psutil.Process], None], pid: int) -> bool:
    try:
        order(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False
    return True


def _is_there(pid: int, birth: float | None) -> bool:
    found = born(pid)
    return found is not None and birth in {None, found}
