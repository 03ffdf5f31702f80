"""Circles of copying: an account that gets its own trades back would trade for ever.

An account at the broker may stand in two documents, as a MASTER and as a SLAVE. Where its copies
are copied on, and in the end come back to it, one trade opens the next.
"""

import ntpath
from collections.abc import Callable, Mapping, Sequence

import msgspec

from domain.ids import NodeName
from domain.policies import AccountSettings
from domain.problems import Problem

Followed = Callable[[AccountSettings], Sequence[NodeName]]


class Step(msgspec.Struct, frozen=True):
    """A slave copies a master, which is the same account as the next slave."""

    slave: NodeName
    master: NodeName
    to: NodeName


def circles(
    masters: Sequence[AccountSettings], slaves: Sequence[AccountSettings], followed: Followed
) -> tuple[Problem, ...]:
    """A fault for every slave that gets its own trades back, showing the shortest way."""
    twins = [
        (master.name, slave.name)
        for master in masters
        for slave in slaves
        if may_be_one_account(master, slave)
    ]
    inside = {slave for _, slave in twins}
    steps = {
        slave.name: tuple(
            Step(slave.name, master, to)
            for master in followed(slave)
            for twin, to in twins
            if twin == master
        )
        for slave in slaves
        if slave.name in inside
    }
    found = ((name, _way_back(name, steps)) for name in steps)
    return tuple(_problem(name, way) for name, way in found if way)


def may_be_one_account(one: AccountSettings, other: AccountSettings) -> bool:
    """By login and server, where an empty server may be any; else by the terminal they live in."""
    if one.terminal != other.terminal:
        return False
    if one.login and other.login and one.terminal == "mt5":
        servers = {account.server.strip().lower() for account in (one, other)}
        return one.login == other.login and len(servers - {""}) <= 1
    return terminal_of(one) == terminal_of(other)


def terminal_of(account: AccountSettings) -> str:
    """Windows reads a path in either slash and in any case; a paper key stands as written."""
    if account.terminal == "paper":
        return f"paper {account.path}"
    return ntpath.normcase(ntpath.normpath(account.path.strip()))


def _way_back(start: NodeName, steps: Mapping[NodeName, Sequence[Step]]) -> tuple[Step, ...]:
    """The fewest steps from a slave back to itself; none where there is no such way."""
    ways: list[tuple[Step, ...]] = [(step,) for step in steps[start]]
    seen: set[NodeName] = set()
    while ways:
        for way in ways:
            if way[-1].to == start:
                return way
        fresh = [way for way in ways if way[-1].to not in seen]
        seen |= {way[-1].to for way in fresh}
        ways = [(*way, step) for way in fresh for step in steps[way[-1].to]]
    return ()


def _problem(name: NodeName, way: Sequence[Step]) -> Problem:
    told = "; ".join(f"{s.slave} copies {s.master}, the account of {s.to}" for s in way)
    return Problem(
        account=name,
        field="follows",
        wanted="masters that do not copy this account, directly or through others",
        found=f"a circle: {told}",
        what_to_do="Take one of these masters out of a follows; without follows an account copies "
        "every master.",
    )
