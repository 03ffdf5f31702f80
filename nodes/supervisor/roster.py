"""From account documents to what the crew shall run, and where its masters shall listen."""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from decisions.roster import Duty, Pair, leaves_its_copies, port_pairs
from decisions.swarm_check import NO_PAIR
from domain.policies import AccountSettings, Role
from domain.problems import Problem, as_lines
from nodes.supervisor import journals
from nodes.supervisor.accounts import AccountBook, Document, Judged, Judgement, role_of
from nodes.supervisor.crew import Crew, Wanted, wanted_of
from nodes.supervisor.database_line import Sight
from nodes.supervisor.departures import Departures
from nodes.supervisor.faults import HostFault
from nodes.supervisor.memory import AccountMemory
from nodes.supervisor.telling import pair_of

logger = logging.getLogger(__name__)

Held = Callable[[str], bool]
"""Whether slaves hold copies of this master's positions."""


class Roster:
    """The documents as they were last known, judged."""

    def __init__(self, state: Path, book: AccountBook, crew: Crew, first_port: int) -> None:
        self._book = book
        self._crew = crew
        self._memory = AccountMemory(state)
        self._first_port = first_port
        unfinished = journals.with_open_legs(state)
        self._unfinished = set(unfinished)
        self._state = state
        #: The document each account's node runs on, or ran on last.
        self._in_force = {n: seen.settings for n, seen in unfinished.items() if seen.settings}
        self._in_force |= self._memory.documents
        self._before = dict(self._memory.documents)
        self._departures = Departures(state)
        self.judgement = Judgement(accounts={})
        self._faults: dict[str, str] = {}
        self.documents: dict[str, Document] = {}
        self.pairs: dict[str, Pair] = {}
        #: Whether anybody who is to run lives at the paper broker; other threads may look.
        self.paper_wanted = False

    def take_up(self, sight: Sight | None) -> None:
        """Follow the documents; without a database, those that were known last."""
        found = list(self._memory.documents.values() if sight is None else sight.documents)
        self._unfinished -= {n for n, m in self._crew.members.items() if not self._crew.legs_of(m)}
        held = self._held(sight)
        judgement = self._book.judge(found, self._holding(found, held))
        self.judgement = self._with_copies_kept(judgement, held)
        self._note_faults()
        self._keep_in_force(held)
        wanted = self._wanted(held)
        self._crew.want(wanted, held)
        self._remember(sight)
        self.paper_wanted = self._uses_paper()
        self._assign_ports(wanted, {} if sight is None else sight.addresses)

    @property
    def holds_copies(self) -> bool:
        """Journals of this machine hold copies that are open."""
        return bool(self._unfinished)

    def check(self, *, strict: bool, silence: str) -> None:
        """Raise HostFault where there is nothing to run, or, when strict, anything wrong.

        Never where copies are open: they are watched whatever else is wrong (law 7).
        """
        if self.holds_copies:
            return
        if silence and not self.judgement.accounts:
            raise HostFault(silence)  # what accounts there are is not known: no fault of theirs
        problems = self.judgement.problems
        if NO_PAIR in self.judgement.swarm or (strict and problems):
            raise HostFault("\n".join(filter(None, [silence, as_lines(problems)])))

    def fault_of(self, name: str) -> str:
        """What is wrong with an account's document; empty where it is sound, or gone."""
        judged = self.judgement.accounts.get(name)
        problems = () if judged is None else judged.all_problems
        return "; ".join(problem.text for problem in problems)

    def settings_before(self, name: str) -> AccountSettings | None:
        """What a node that an earlier launcher left behind was told last."""
        document = self._before.get(name)
        return None if document is None else self._book.settings_of(document)

    def _is_needed(self, name: str, held: Held) -> bool:
        """Open copies need it, whether its node runs or never did."""
        member = self._crew.members.get(name)
        if member is not None:
            return self._crew.is_needed(member, held)
        return name in self._unfinished or self._is_held_master(name, held)

    def _is_held_master(self, name: str, held: Held) -> bool:
        return role_of(self._in_force.get(name, {})) is Role.MASTER and held(name)

    def _holding(self, found: Sequence[Document], held: Held) -> list[AccountSettings]:
        """Whose login and terminal are taken, whatever the documents say now (law 13)."""
        now = {document.get("name"): document for document in found}
        left = [n for n, before in self._in_force.items() if _is_left(before, now.get(n))]
        needed = [name for name in sorted(left) if self._is_needed(name, held)]
        read = [self._book.settings_of(self._in_force[name]) for name in needed]
        return [settings for settings in read if settings is not None]

    def _with_copies_kept(self, judgement: Judgement, held: Held) -> Judgement:
        """A document that would take a node away from its open copies waits for their end."""
        accounts = {name: self._kept(one, held) for name, one in judgement.accounts.items()}
        return msgspec.structs.replace(judgement, accounts=accounts)

    def _kept(self, judged: Judged, held: Held) -> Judged:
        behind = self._departures.behind(judged.name, arrived=self._has_arrived(judged.name))
        document = behind or self._in_force.get(judged.name)
        before = None if document is None else self._book.settings_of(document)
        if document is None or before is None or document == judged.document:
            return judged
        if judged.settings is None:
            # It was bad before this launcher started; what it was last is known all the same.
            return msgspec.structs.replace(judged, document=document, settings=before)
        waits = self._leaves_its_copies(before, judged.settings)
        if waits is None:
            return judged
        if behind is None and not self._is_needed(judged.name, held):
            self._departures.note(judged.name, before.type, document)
            return judged
        return msgspec.structs.replace(
            judged, document=document, settings=before, conflicts=(*judged.conflicts, waits)
        )

    def _has_arrived(self, name: str) -> bool:
        member = self._crew.members.get(name)
        return member is not None and member.in_business and not member.restarting

    def _leaves_its_copies(self, before: AccountSettings, after: AccountSettings) -> Problem | None:
        same = (before.login, before.server) == (after.login, after.server)
        known = None if same else journals.identity_of(self._state, before.name)
        return leaves_its_copies(before, after, known)

    def _keep_in_force(self, held: Held) -> None:
        """The newest sound documents; that of a deleted account goes with its last copy."""
        for name, judged in self.judgement.accounts.items():
            if not judged.problems:
                self._in_force[name] = judged.document
        gone = set(self._in_force) - set(self.judgement.accounts)
        for name in gone:
            if not self._is_needed(name, held):
                del self._in_force[name]

    def _note_faults(self) -> None:
        """Each account's faults are logged when they come, and when they have gone."""
        faults = {name: self.fault_of(name) for name in self.judgement.accounts}
        for name, fault in faults.items():
            if fault != self._faults.get(name, ""):
                what = {"account": name, "why": fault}
                logger.warning("document_refused" if fault else "document_sound", extra=what)
        self._faults = faults

    def _uses_paper(self) -> bool:
        members = (m for m in self._crew.members.values() if m.duty is not Duty.OFF)
        documents = (self.documents.get(member.name, {}) for member in members)
        return any(document.get("terminal") == "paper" for document in documents)

    def _wanted(self, held: Held) -> dict[str, Wanted]:
        members = self._crew.members
        running = {name for name, member in members.items() if member.duty is Duty.RUN}
        wanted = {}
        for name, judged in self.judgement.accounts.items():
            one = wanted_of(judged, role_of(judged.document), running=name in running)
            if one is not None:
                wanted[name] = one
        for name in self._unfinished - set(wanted) - set(members):
            wanted[name] = Wanted(role=Role.SLAVE, enabled=False, sound=False)
        return wanted | self._forgotten_masters(set(wanted) | set(members), held)

    def _forgotten_masters(self, known: set[str], held: Held) -> dict[str, Wanted]:
        """Deleted while no launcher ran, and copies of theirs are still open."""
        names = [n for n in self._in_force if n not in known and self._is_held_master(n, held)]
        return {name: Wanted(role=Role.MASTER, enabled=False, sound=False) for name in names}

    def _held(self, sight: Sight | None) -> Held:
        """Whether copies of a master are open; while nobody can say whose, it may be any."""
        in_database = self._memory.documents if sight is None else sight.held_masters
        in_journals = lru_cache(maxsize=1)(lambda: journals.held_masters(self._state))
        if sight is None and not in_journals():
            return lambda _: False
        # What was opened just now reaches the database later.
        return lambda name: name in in_database or name in in_journals()

    def _remember(self, sight: Sight | None) -> None:
        """The documents in force: of one that is no good, or waits, the last that was."""
        if sight is not None:
            busy = (n for n, m in self._crew.members.items() if m.alive or m.duty is not Duty.OFF)
            known = (self._in_force.get(name) for name in self.judgement.accounts)
            self._memory.keep(filter(None, known), [*busy, *self._unfinished])
        self.documents = dict(self._memory.documents)

    def _assign_ports(self, wanted: dict[str, Wanted], kept: dict[str, tuple[str, str]]) -> None:
        masters = {n for n, m in self._crew.members.items() if m.role is Role.MASTER}
        written = {
            name: one.settings.pub_port
            for name, one in wanted.items()
            if one.settings is not None and one.role is Role.MASTER
        }
        known = {name: pair_of(pair) for name, pair in kept.items()} | self.pairs
        if masters != set(self.pairs) or any(written.values()):
            self.pairs = port_pairs(masters, written, known, self._first_port)


def _is_left(before: Document, now: Document | None) -> bool:
    """The account's document is not the enabled one any more that it was."""
    return now is None or now != before or now.get("enabled", True) is not True
