"""What differs between operating systems about ending many processes of ours at one stroke.

On Windows they live in Job Objects: one we open and never let kill on close, so a crash of ours
ends nobody. Elsewhere there is nothing of the kind, and each process is ended by its id alone.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Protocol

from utils.os_signals import born

logger = logging.getLogger(__name__)

#: What a process that was ended with its job leaves as its exit code.
ENDED_WITH_ITS_JOB: Final = 1


class Job(Protocol):
    """One Job Object; each of these raises OSError where the system refuses."""

    def take_in(self, pid: int) -> None:
        """From now on this process is ended with the job."""
        ...

    def end_all(self) -> None:
        """End every process in it, without asking."""
        ...

    def close(self) -> None:
        """Let go of it; whoever is in it goes on."""
        ...


class JobObjects:
    """Holds processes in as few Job Objects as the system allows, and works on without any.

    What they start themselves is outside: the terminal that MetaTrader's own module starts asks
    for nothing, and must outlive us. So nothing is lost when a process is taken in only after
    its start, which is the earliest that `subprocess` offers.
    """

    def __init__(self, open_job: Callable[[], Job] | None = None) -> None:
        self._open = open_job or _open_job
        self._jobs: list[Job] = []
        self._refused = False

    def take_in(self, pid: int, birth: float) -> None:
        """Hold a process; one that has ended meanwhile needs no holding."""
        try:
            if not self._fits_the_newest(pid):
                self._jobs.append(self._open())
                self._jobs[-1].take_in(pid)
        except OSError as refused:
            if born(pid) == birth:
                self._tell("nodes_not_held_together", refused)

    def end_all(self) -> None:
        """End whoever is still held, in an orderly end of ours."""
        for job in self._jobs:
            try:
                job.end_all()
            except OSError as refused:
                self._tell("job_object_not_ended", refused)
        self.close()

    def close(self) -> None:
        """Let go; the processes go on."""
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.close()

    def _fits_the_newest(self, pid: int) -> bool:
        """A job holding other processes takes none whose own jobs are not above it as well.

        Those that an earlier launcher left behind live in that one's; ours are in none, or in
        that of whoever started us.
        """
        if not self._jobs:
            return False
        try:
            self._jobs[-1].take_in(pid)
        except OSError:
            return False
        return True

    def _tell(self, what: str, refused: OSError) -> None:
        """Once: everything works on without."""
        if not self._refused:
            self._refused = True
            logger.warning(what, extra={"why": f"Windows refused a Job Object: {refused}"})


class _NoJob:
    """Where the system knows none."""

    def take_in(self, pid: int) -> None:
        pass

    def end_all(self) -> None:
        pass

    def close(self) -> None:
        pass


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _PROCESS_TERMINATE: Final = 0x0001
    _PROCESS_SET_QUOTA: Final = 0x0100
    _LIMITS_CLASS: Final = 9  # JobObjectExtendedLimitInformation
    _BREAKAWAY_OK: Final = 0x0800  # for the servers, which ask for it
    _SILENT_BREAKAWAY_OK: Final = 0x1000  # for terminals, which do not

    class _BasicLimits(ctypes.Structure):
        _fields_: ClassVar[Sequence[Any]] = (
            ("per_process_user_time_limit", wintypes.LARGE_INTEGER),
            ("per_job_user_time_limit", wintypes.LARGE_INTEGER),
            ("limit_flags", wintypes.DWORD),
            ("minimum_working_set_size", ctypes.c_size_t),
            ("maximum_working_set_size", ctypes.c_size_t),
            ("active_process_limit", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority_class", wintypes.DWORD),
            ("scheduling_class", wintypes.DWORD),
        )

    class _Limits(ctypes.Structure):
        _fields_: ClassVar[Sequence[Any]] = (
            ("basic", _BasicLimits),
            ("io_counters", ctypes.c_uint64 * 6),
            ("process_memory_limit", ctypes.c_size_t),
            ("job_memory_limit", ctypes.c_size_t),
            ("peak_process_memory_used", ctypes.c_size_t),
            ("peak_job_memory_used", ctypes.c_size_t),
        )

    def _kernel32() -> ctypes.WinDLL:
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        handle, dword = wintypes.HANDLE, wintypes.DWORD
        kernel32.CreateJobObjectW.restype = kernel32.OpenProcess.restype = handle
        kernel32.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
        kernel32.OpenProcess.argtypes = (dword, wintypes.BOOL, dword)
        limits = (handle, ctypes.c_int, wintypes.LPVOID, dword)
        kernel32.SetInformationJobObject.argtypes = limits
        kernel32.AssignProcessToJobObject.argtypes = (handle, handle)
        kernel32.TerminateJobObject.argtypes = (handle, wintypes.UINT)
        kernel32.CloseHandle.argtypes = (handle,)
        return kernel32

    class WindowsJob:
        """A Job Object without a name: with its last handle its name would be lost anyway."""

        def __init__(self) -> None:
            self._kernel32 = _kernel32()
            self._handle = self._done(self._kernel32.CreateJobObjectW(None, None))
            try:
                self._let_out_whatever_is_started_inside()
            except OSError:
                self.close()
                raise

        def take_in(self, pid: int) -> None:
            rights = _PROCESS_TERMINATE | _PROCESS_SET_QUOTA
            process = self._done(self._kernel32.OpenProcess(rights, False, pid))  # noqa: FBT003 - Windows' own signature
            try:
                self._done(self._kernel32.AssignProcessToJobObject(self._handle, process))
            finally:
                self._kernel32.CloseHandle(process)

        def end_all(self) -> None:
            self._done(self._kernel32.TerminateJobObject(self._handle, ENDED_WITH_ITS_JOB))

        def close(self) -> None:
            self._kernel32.CloseHandle(self._handle)

        def _let_out_whatever_is_started_inside(self) -> None:
            limits = _Limits()
            limits.basic.limit_flags = _BREAKAWAY_OK | _SILENT_BREAKAWAY_OK
            place, size = ctypes.byref(limits), ctypes.sizeof(limits)
            self._done(
                self._kernel32.SetInformationJobObject(self._handle, _LIMITS_CLASS, place, size)
            )

        @staticmethod
        def _done(answer: int | None) -> int:
            if not answer:
                raise ctypes.WinError(ctypes.get_last_error())
            return answer


def _open_job() -> Job:
    if sys.platform == "win32":
        return WindowsJob()
    return _NoJob()
