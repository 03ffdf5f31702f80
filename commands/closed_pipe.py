"""Tells that whoever read our output has had enough, as in `| head`."""

import errno
import os
import sys


def reader_left(fault: OSError) -> bool:
    """Whether writing failed because nobody reads; Windows speaks of an invalid argument then."""
    if isinstance(fault, BrokenPipeError):
        return True
    return sys.platform == "win32" and fault.errno == errno.EINVAL and fault.filename is None


def hush() -> None:
    """Python must not try to flush the rest at its end: it would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
