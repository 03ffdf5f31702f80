"""Which accounts run, and how: by their documents, and by the legs that are still open."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from domain.market import Identity
from domain.policies import AccountSettings, Role
from domain.problems import Problem

Pair = tuple[int, int]


class Duty(StrEnum):
    """`run` as the document says; `drain`: close only, until nothing is open; `off`."""

    RUN = "run"
    DRAIN = "drain"
    OFF = "off"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `sound`: nothing is wrong with its document that keeps it from running.

    `needed`: somebody has open legs that only this account's node can see to their end: its own,
    or, of a master, those of its slaves.
    """

    role: Role
    enabled: bool
    sound: bool
    needed: bool


def duty(account: Standing) -> Duty:
    """An account with open legs is always started (law 7)."""
    if account.enabled and account.sound:
        return Duty.RUN
    return Duty.DRAIN if account.needed else Duty.OFF


PLACE: Final = (
    "type",
    "terminal",
    "login",
    "server",
    "paper.broker",
    "paper.currency",
    "paper.margin_mode",
    "path",
)
"""What says which account it is; on paper another currency or mode is another account."""


def leaves_its_copies(
    before: AccountSettings, after: AccountSettings, known: Identity | None = None
) -> Problem | None:
    """What in a document would take a node away from the account whose copies are still open.

    A terminal that was moved is still that account's terminal, where the login says so. `known`
    is the account that the copies were opened on, as the journal has it.
    """
    for field in PLACE:
        was, wished = _at(before, field), _at(after, field)
        if was != wished and not _may_differ(field, before, after, known):
            return Problem(
                account=after.name,
                field=field,
                wanted=f"{was or _at(known, field)}, as long as its copies are open",
                found=str(wished),
                what_to_do="It takes effect by itself once they have closed.",
            )
    return None


def _may_differ(
    field: str, before: AccountSettings, after: AccountSettings, known: Identity | None
) -> bool:
    if field == "path":
        return before.terminal == "mt5" and bool(before.login) and before.login == after.login
    if field not in {"login", "server"} or (_at(before, field) and _at(after, field)):
        return False
    return _may_be_filled_in(field, after, known)


def _may_be_filled_in(field: str, after: AccountSettings, known: Identity | None) -> bool:
    """What was left open may be named, as what it is; a paper broker asks for no server."""
    wished = _at(after, field)
    asked_for = bool(wished) and (field == "login" or after.terminal == "mt5")
    return not asked_for or known is None or wished == _at(known, field)


def _at(holder: object, name: str) -> object:
    value: object = holder
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def may_start(
    role: Role, follows: Collection[str], ready: Collection[str], waited_s: float, patience_s: float
) -> bool:
    """Masters at once; a slave once its masters are ready, or have been waited for long enough."""
    return role is Role.MASTER or waited_s >= patience_s or set(follows) <= set(ready)


def port_pairs(
    masters: Collection[str], written: Mapping[str, int], kept: Mapping[str, Pair], first: int
) -> dict[str, Pair]:
    """Two ports for each master: what its document says, what it had, else the next free pair."""
    pairs = {name: (port, port + 1) for name, port in written.items() if port and name in masters}
    taken = {port for pair in pairs.values() for port in pair}
    for name in sorted(masters, key=lambda name: (name not in kept, name)):
        if name not in pairs:
            pairs[name] = _pair(kept.get(name), first, taken)
            taken |= set(pairs[name])
    return pairs


def _pair(kept: Pair | None, first: int, taken: set[int]) -> Pair:
    if kept is not None and not taken & set(kept):
        return kept
    port = first
    while taken & {port, port + 1}:
        port += 2
    return port, port + 1
