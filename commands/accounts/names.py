"""Refuses names that nobody has, before anything is done for anybody."""

from collections.abc import Collection

from commands.accounts.answer import WRONG_USE, Refused
from commands.near_names import strangers


def check_names(names: Collection[str], known: Collection[str]) -> None:
    """Refuse where any name is not known; nothing has been written by then."""
    if faults := strangers(names, known):
        raise Refused("\n".join(faults), code=WRONG_USE)
