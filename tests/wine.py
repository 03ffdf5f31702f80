"""Whether Windows is Wine here, which says so itself, and how much longer all takes there."""

import sys
from typing import Final


def on_wine() -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


#: Processes start several times as slowly there, and files are opened so.
PATIENCE: Final = 3 if on_wine() else 1
