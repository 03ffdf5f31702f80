"""What would be wrong if the account documents stood as somebody wants them to stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from decisions.account_documents import every_zone, parse_account
from decisions.swarm_check import NO_PAIR, check_swarm
from domain.account_fields import AccountDefaults
from domain.ids import NodeName
from domain.market import Identity
from domain.policies import AccountSettings
from domain.problems import Problem

Document = Mapping[str, Any]

NO_PATH_YET = "PATH NEEDED/"
"""Begins the path of an account whose terminal nobody has named yet."""

WHOSE_ACCOUNT: Mapping[str, object] = {"type": None, "terminal": "mt5", "login": 0, "server": ""}
"""What says which account it is, and what it is where nobody has written it."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What documents are judged by."""

    defaults: AccountDefaults = AccountDefaults()
    zone_exists: Callable[[str], bool] = every_zone


def problems_of(documents: Sequence[Document], rules: Rules) -> tuple[Problem, ...]:
    """Everything wrong with the documents, alone and towards each other."""
    read = [parse_account(document, rules.defaults, rules.zone_exists) for document in documents]
    sound = [one for one in read if isinstance(one, AccountSettings)]
    faults = [fault for one in read if not isinstance(one, AccountSettings) for fault in one]
    refused = {NodeName(fault.account) for fault in faults}
    needed = [_path_needed(one) for one in sound if one.enabled and lacks_path(one.path)]
    between = [fault for fault in check_swarm(sound, refused) if fault is not NO_PAIR]
    return (*faults, *needed, *between)


def fresh_problems(
    before: Sequence[Document], after: Sequence[Document], rules: Rules
) -> tuple[Problem, ...]:
    """What is wrong afterwards and was not wrong before."""
    known = set(map(_key, problems_of(before, rules)))
    return tuple(p for p in problems_of(after, rules) if _key(p) not in known)


def lacks_path(path: object) -> bool:
    """The path is only a place kept for one."""
    return isinstance(path, str) and path.startswith(NO_PATH_YET)


def changed_identity(
    before: Document, after: Document, known: Identity | None = None
) -> tuple[str, ...]:
    """The fields that would make it another account; open copies would be left behind.

    `known` is the account that the journal was written on.
    """
    watched = [*WHOSE_ACCOUNT, *(["path"] if before.get("terminal") == "paper" else [])]
    return tuple(name for name in watched if _leaves(name, before, after, known))


def _leaves(name: str, before: Document, after: Document, known: Identity | None) -> bool:
    """What was not said before can be said now, as what it is; a slip can be taken back."""
    usual = WHOSE_ACCOUNT.get(name)
    was, wished = before.get(name, usual), after.get(name, usual)
    if name in {"login", "server"} and known is not None:
        right = known.login if name == "login" else known.server
        return wished not in (None, 0, "", right, was)
    return was not in (None, 0, "") and wished != was


def _path_needed(settings: AccountSettings) -> Problem:
    return Problem(
        account=settings.name,
        field="path",
        wanted="the terminal's program file",
        found="only a place kept for it",
        what_to_do="Set it, like path=C:/MT5/NAME/terminal64.exe, before the account is enabled.",
    )


def _key(problem: Problem) -> tuple[str, str, str]:
    return problem.account, problem.field, problem.found
