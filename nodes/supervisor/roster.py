"""From account documents to what the crew shall run, and where its masters shall listen."""

from collections.abc import Iterable
from pathlib import Path

from decisions.roster import Duty, Pair, port_pairs
from decisions.swarm_check import NO_PAIR
from domain.policies import Role
from domain.problems import as_lines
from nodes.supervisor import journals
from nodes.supervisor.accounts import AccountBook, Document, Judgement, role_of
from nodes.supervisor.crew import Crew, Wanted, wanted_of
from nodes.supervisor.database_line import Sight
from nodes.supervisor.faults import HostFault
from nodes.supervisor.memory import AccountMemory
from nodes.supervisor.telling import pair_of


class Roster:
    """The documents as they were last known, judged."""

    def __init__(self, state: Path, book: AccountBook, crew: Crew, first_port: int) -> None:
        self._book = book
        self._crew = crew
        self._memory = AccountMemory(state)
        self._first_port = first_port
        self._unfinished = set(journals.with_open_legs(state))
        self.judgement = Judgement(accounts={})
        self.documents: dict[str, Document] = {}
        self.pairs: dict[str, Pair] = {}
        #: Whether anybody who is to run lives at the paper broker; other threads may look.
        self.paper_wanted = False

    def take_up(self, sight: Sight | None) -> None:
        """Follow the documents; without a database, those that were known last."""
        found = self._memory.documents.values() if sight is None else sight.documents
        self.judgement = self._book.judge(list(found))
        wanted = self._wanted()
        self._crew.want(wanted, self._held(sight))
        self._remember(sight)
        self.paper_wanted = self._uses_paper()
        self._assign_ports(wanted, {} if sight is None else sight.addresses)

    def check(self, *, strict: bool, silence: str) -> None:
        """Raise HostFault where there is nothing to run, or, when strict, anything wrong."""
        if silence and not self.judgement.accounts and not self._unfinished:
            raise HostFault(silence)  # what accounts there are is not known: no fault of theirs
        problems = self.judgement.problems
        nothing_to_do = NO_PAIR in self.judgement.swarm and not self._unfinished
        if nothing_to_do or (strict and problems):
            raise HostFault("\n".join(filter(None, [silence, as_lines(problems)])))

    def fault_of(self, name: str) -> str:
        """What is wrong with an account's document; empty where it is sound, or gone."""
        judged = self.judgement.accounts.get(name)
        problems = () if judged is None else judged.all_problems
        return "; ".join(problem.text for problem in problems)

    def _uses_paper(self) -> bool:
        members = (m for m in self._crew.members.values() if m.duty is not Duty.OFF)
        documents = (self.documents.get(member.name, {}) for member in members)
        return any(document.get("terminal") == "paper" for document in documents)

    def _wanted(self) -> dict[str, Wanted]:
        members = self._crew.members
        running = {name for name, member in members.items() if member.alive}
        wanted = {}
        for name, judged in self.judgement.accounts.items():
            one = wanted_of(judged, role_of(judged.document), running=name in running)
            if one is not None:
                wanted[name] = one
        for name in self._unfinished - set(wanted) - set(members):
            wanted[name] = Wanted(role=Role.SLAVE, enabled=False, sound=False)
        return wanted

    def _held(self, sight: Sight | None) -> frozenset[str]:
        """Masters whose copies are open; while nobody can say whose, it may be any."""
        if sight is not None:
            return sight.held_masters
        slaves = (m for m in self._crew.members.values() if m.role is Role.SLAVE)
        if self._unfinished or any(self._crew.legs_of(slave) for slave in slaves):
            return frozenset(self._memory.documents)
        return frozenset()

    def _remember(self, sight: Sight | None) -> None:
        documents: Iterable[Document] = () if sight is None else sight.documents
        if sight is not None:
            busy = (n for n, m in self._crew.members.items() if m.alive or m.duty is not Duty.OFF)
            self._memory.keep(documents, [*busy, *self._unfinished])
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
