"""Finds the genuine MetaTrader5 package."""

import sys
from importlib import import_module
from types import ModuleType

WINDOWS = "win32"


class NoMetaTrader(Exception):  # noqa: N818 - it says what is missing
    """The MetaTrader5 package cannot be used on this machine."""


def metatrader5(platform: str = sys.platform) -> ModuleType:
    """The package, or NoMetaTrader that says what to do instead."""
    if platform != WINDOWS:
        raise NoMetaTrader(
            'terminal: wanted "mt5", found a machine without Windows. '
            'The MetaTrader5 package exists for Windows only; use terminal: "paper" here.'
        )
    try:
        return import_module("MetaTrader5")
    except ImportError as missing:
        raise NoMetaTrader(
            f'terminal: wanted "mt5", found that the MetaTrader5 package cannot be imported '
            f"({missing}). Run: pip install -r requirements.txt"
        ) from missing
