"""Judges the account documents: which are sound, which are not and why, and which last were."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from decisions.swarm_check import NO_PAIR, check_swarm, has_pair
from domain.ids import NodeName
from domain.policies import AccountSettings, Role
from domain.problems import Problem
from utils.clock import monotonic_s

Document = dict[str, Any]
Parse = Callable[[Mapping[str, Any]], AccountSettings | tuple[Problem, ...]]

# What a document names may come to be: a terminal gets installed, a password is stored.
LOOK_AGAIN_S = 10.0
TERMINAL = "terminal64.exe"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `settings` are the last good ones known; `problems` are of the document now.

    `conflicts` are faults towards other accounts: while they last it opens nothing.
    """

    name: str
    document: Document
    settings: AccountSettings | None
    problems: tuple[Problem, ...] = ()
    conflicts: tuple[Problem, ...] = ()

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong."""
        return (*self.problems, *self.conflicts)


class _Reading(msgspec.Struct, frozen=True):
    digest: bytes
    at_s: float
    result: AccountSettings | tuple[Problem, ...]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts by name, and what is wrong with the swarm as a whole."""

    accounts: dict[str, Judged]
    nameless: tuple[Problem, ...] = ()
    swarm: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault there is."""
        of_accounts = (p for judged in self.accounts.values() for p in judged.all_problems)
        return (*of_accounts, *self.nameless, *self.swarm)


class AccountBook:
    """Remembers each document's last good settings, and reads only what changed."""

    def __init__(
        self, parse: Parse, on_this_host: Callable[[AccountSettings], tuple[Problem, ...]]
    ) -> None:
        """`on_this_host` says what a sound document asks of this machine in vain."""
        self._parse = parse
        self._on_this_host = on_this_host
        self._readings: dict[str, _Reading] = {}
        self._good: dict[str, AccountSettings] = {}

    def settings_of(self, document: Document) -> AccountSettings | None:
        """What a document stands for, whatever this machine has for it."""
        result = self._parse(document)
        return result if isinstance(result, AccountSettings) else None

    def judge(
        self, documents: Sequence[Document], holding: Sequence[AccountSettings] = ()
    ) -> Judgement:
        """All documents, alone and against each other, and against who has copies open."""
        self._forget_all_but({_name(document) for document in documents})
        results = [(document, self._read(document)) for document in documents]
        sound = [result for _, result in results if isinstance(result, AccountSettings)]
        refused = {_name(d) for d, result in results if not isinstance(result, AccountSettings)}
        between = check_swarm(sound, {NodeName(name) for name in refused}, holding)
        accounts = {}
        nameless: tuple[Problem, ...] = ()
        for document, result in results:
            judged = self._judged(document, result, between)
            if judged.name:
                accounts[judged.name] = judged
            else:
                nameless += judged.problems
        over = (NO_PAIR,) if _has_pair_in_force(accounts) else ()
        swarm = tuple(p for p in between if not p.account and p not in over)
        return Judgement(accounts=accounts, nameless=nameless, swarm=swarm)

    def _forget_all_but(self, names: set[str]) -> None:
        """A document that is put in again later is a new one: an older one says nothing of it."""
        self._good = {name: good for name, good in self._good.items() if name in names}

    def _judged(
        self,
        document: Document,
        result: AccountSettings | tuple[Problem, ...],
        between: Sequence[Problem],
    ) -> Judged:
        name = _name(document)
        if isinstance(result, AccountSettings):
            self._good[name] = result
        return Judged(
            name=name,
            document=document,
            settings=self._good.get(name),
            problems=() if isinstance(result, AccountSettings) else result,
            conflicts=tuple(problem for problem in between if name and problem.account == name),
        )

    def _read(self, document: Document) -> AccountSettings | tuple[Problem, ...]:
        key, now_s = str(document.get("_id", _name(document))), monotonic_s()
        digest = _digest(document)
        known = self._readings.get(key)
        if known is not None and known.digest == digest and _still_holds(known, now_s):
            return known.result
        result = self._parse(document)
        if isinstance(result, AccountSettings) and result.enabled:
            result = self._on_this_host(result) or result
        self._readings[key] = _Reading(digest, now_s, result)
        return result


def _has_pair_in_force(accounts: Mapping[str, Judged]) -> bool:
    """A wrong document takes nobody out whose last good settings are in force."""
    in_force = [a.settings for a in accounts.values() if a.settings and not a.conflicts]
    return has_pair(in_force)


def host_problems(
    settings: AccountSettings,
    *,
    has_metatrader: bool,
    found_instead: Callable[[str], str],
    secret_trouble: Callable[[str], str],
) -> tuple[Problem, ...]:
    """What an account asks of this machine in vain.

    `found_instead` says what stands at a path where no terminal does, and nothing where one does.
    """
    if settings.terminal == "paper":
        return ()
    if not has_metatrader:
        todo = 'Run it on Windows, or write terminal: "paper".'
        found = "another system"
        return (_problem(settings, "terminal", "Windows, where MetaTrader 5 runs", found, todo),)
    faults = []
    instead = found_instead(settings.path)
    if instead:
        wanted = f"MetaTrader 5's {TERMINAL}"
        faults.append(
            _problem(settings, "path", wanted, instead, f"Correct the path to {TERMINAL}.")
        )
    trouble = secret_trouble(settings.password)
    if trouble:
        wanted = "a password where the reference leads"
        faults.append(_problem(settings, "password", wanted, "none", trouble))
    return tuple(faults)


def role_of(document: Mapping[str, Any]) -> Role | None:
    """The account's type, as far as it can be read."""
    found = document.get("type")
    return Role(found) if found in {role.value for role in Role} else None


def _still_holds(reading: _Reading, now_s: float) -> bool:
    return isinstance(reading.result, AccountSettings) or now_s - reading.at_s < LOOK_AGAIN_S


def _problem(
    settings: AccountSettings, field: str, wanted: str, found: str, what_to_do: str
) -> Problem:
    return Problem(
        account=settings.name, field=field, wanted=wanted, found=found, what_to_do=what_to_do
    )


def _name(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    return name if isinstance(name, str) else ""


def _digest(document: Document) -> bytes:
    return hashlib.sha256(repr(sorted(document.items())).encode()).digest()
