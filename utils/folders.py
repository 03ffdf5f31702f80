"""Makes sure of a folder that a setting names, or says what is wrong with it."""

import errno
import os
from pathlib import Path


class FolderFault(OSError):  # noqa: N818 - it says what happened
    """A folder cannot be made or written in; the text says which setting names it."""


def make_writable(folder: Path, setting: str) -> None:
    """Make it where it is missing, and try it out by writing a file.

    A full disk is no fault of the folder's, and keeps nobody from closing what is open.
    """
    trial = folder / f".trial-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"tried")
        trial.unlink()
    except OSError as fault:
        if fault.errno == errno.ENOSPC and folder.is_dir():
            trial.unlink(missing_ok=True)
            return
        raise FolderFault(
            f"{setting}: wanted a folder that can be written, found {folder}: "
            f"{fault.strerror or fault}. Make it writable, or set {setting} to another folder."
        ) from fault
