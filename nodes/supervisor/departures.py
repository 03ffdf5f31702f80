"""Accounts that nodes were led away from: a copy may have been opened there at that very moment."""

from pathlib import Path

import msgspec

from domain.market import Identity
from domain.policies import Role
from nodes.supervisor import journals
from nodes.supervisor.accounts import Document


class _Departure(msgspec.Struct, frozen=True):
    document: Document
    role: Role
    account: Identity


class Departures:
    """Remembers each departure until the node has arrived, with nothing left behind."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._departures: dict[str, _Departure] = {}

    def note(self, name: str, role: Role, document: Document) -> None:
        """The node leaves the account that this document, and its journal, stand for."""
        account = journals.identity_of(self._state, name)
        if account is not None:
            self._departures[name] = _Departure(document, role, account)

    def behind(self, name: str, *, arrived: bool) -> Document | None:
        """The document it must go back to, as copies are open where it was; None for nothing."""
        found = self._departures.get(name)
        if found is None:
            return None
        if self._has_copies(name, found):
            return found.document
        if arrived:
            del self._departures[name]
        return None

    def _has_copies(self, name: str, left: _Departure) -> bool:
        """A journal takes no other account while a copy is open in it."""
        if left.role is Role.MASTER:
            return (name, left.account) in journals.held_accounts(self._state)
        still_there = journals.identity_of(self._state, name) == left.account
        return still_there and journals.open_legs(self._state, name) > 0
