# ruff: noqa: INP001, ANN401 - no package of ours; it passes on what it does not look at
"""Lends Wine what its console lacks: CTRL_BREAK. Lies in the site-packages of .ci/windows alone.

Wine 8 sends no console event but CTRL_C, keeps every other from a process that leads a group, and
its C library makes no SIGBREAK. Here the sender starts the system's CtrlRoutine in the receiver, as
a Windows console does, and the receiver makes the signal of it. It reaches the one process named,
where Windows means its whole group; one of another console is refused, as there.
"""

import _thread
import ctypes
import os
import signal
from typing import Any

CTRL_C, CTRL_BREAK = 0, 1
MAY_START_THREADS = 0x042A  # create threads, query, read and write the memory of a process
BROKEN_OFF = 0xC000013A  # how Windows ends a process that heeds no CTRL_BREAK
NOT_OF_THIS_CONSOLE = 87
AT_MOST_PROCESSES = 1024
# Where a process keeps what it was started with, and in there whether it heeds CTRL_C.
PARAMETERS_AT, CONSOLE_FLAGS_AT = 0x20, 0x18

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.OpenProcess.restype = ctypes.c_void_p
_kernel.CreateRemoteThread.restype = ctypes.c_void_p
_kernel.CloseHandle.argtypes = [ctypes.c_void_p]
_ntdll = ctypes.WinDLL("ntdll")
_ntdll.RtlGetCurrentPeb.restype = ctypes.c_void_p
_routine = ctypes.cast(_kernel.CtrlRoutine, ctypes.c_void_p)
_kill = os.kill
_open_library = ctypes.WinDLL.__init__


def send(event: int, pid: int) -> int:
    """Press it in another process; 0 where it does not share our console."""
    sharing = (ctypes.c_uint * AT_MOST_PROCESSES)()
    count = _kernel.GetConsoleProcessList(sharing, AT_MOST_PROCESSES)
    if pid not in sharing[:count]:
        ctypes.set_last_error(NOT_OF_THIS_CONSOLE)
        return 0
    return send_apart(event, pid)


def send_apart(event: int, pid: int) -> int:
    """Press it in a process of whatever console."""
    process = _kernel.OpenProcess(MAY_START_THREADS, 0, pid)
    if not process:
        return 0
    thread = _kernel.CreateRemoteThread(
        ctypes.c_void_p(process), None, 0, _routine, ctypes.c_void_p(event), 0, None
    )
    _kernel.CloseHandle(process)
    if thread:
        _kernel.CloseHandle(thread)
    return int(bool(thread))


def _kill_or_send(pid: int, number: int) -> None:
    if number != signal.CTRL_BREAK_EVENT:
        return _kill(pid, number)
    if send(CTRL_BREAK, pid):
        return None
    # As CPython's own os.kill does it on Windows.
    _kill(pid, number)
    raise SystemError("os.kill ended what it could not ask")


def _library_with_send(library: Any, name: str, *args: Any, **options: Any) -> None:
    _open_library(library, name, *args, **options)
    if name == "kernel32":
        library.GenerateConsoleCtrlEvent = send


@ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
def _heard(event: int) -> int:
    if event == CTRL_C:
        return _heeds_no_ctrl_c
    if event != CTRL_BREAK:
        return 0
    if signal.getsignal(signal.SIGBREAK) is signal.SIG_DFL:
        _kernel.TerminateProcess(ctypes.c_void_p(-1), BROKEN_OFF)
    _thread.interrupt_main(signal.SIGBREAK)
    return 1


def _let_events_in() -> int:
    parameters = ctypes.c_void_p.from_address(_ntdll.RtlGetCurrentPeb() + PARAMETERS_AT).value
    flags = ctypes.c_uint32.from_address((parameters or 0) + CONSOLE_FLAGS_AT)
    before, flags.value = flags.value & 1, 0
    return before


_heeds_no_ctrl_c = _let_events_in()
_kernel.SetConsoleCtrlHandler(_heard, 1)
ctypes.WinDLL.__init__ = _library_with_send
os.kill = _kill_or_send
