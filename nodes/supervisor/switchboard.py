"""All talk with the nodes: hears reports, tells settings when they change, hands orders over."""

import os
from typing import Protocol

import msgspec

from decisions.restarting import Policy
from decisions.roster import Duty
from decisions.trading_state import stricter_of
from domain.control import (
    Command,
    CommandDone,
    FromNode,
    NodeReport,
    OperatorOrder,
    SupervisorBeat,
    ToNode,
)
from domain.policies import Latch, Role
from nodes.supervisor.accounts import Document
from nodes.supervisor.crew import Crew
from nodes.supervisor.database_line import DatabaseLine, Sight
from nodes.supervisor.member import Member
from nodes.supervisor.roster import Roster
from nodes.supervisor.telling import (
    addresses_of,
    closing_only,
    same_account,
    same_news,
    settings_for,
)
from utils.clock import Now

BEAT_EVERY_S = 1.0
ADDRESS_PAIR = 2


class Desk(Protocol):
    """The supervisor's end of the control sockets."""

    def drain(self) -> list[tuple[str, FromNode]]:
        """What nodes have said."""
        ...

    def say(self, name: str, message: ToNode) -> bool:
        """Tell one node; False where it cannot be told."""
        ...


class Orders(Protocol):
    """Who sees to operators' orders."""

    def acknowledged(self, command: str, result: str) -> None:
        """A node has carried one out."""
        ...

    def take(self, order: OperatorOrder) -> None:
        """One came over the control socket."""
        ...


class Switchboard:
    """Knows what every node was told; satisfies commands.Accounts."""

    def __init__(
        self, desk: Desk, crew: Crew, roster: Roster, line: DatabaseLine, policy: Policy
    ) -> None:
        self._desk = desk
        self._crew = crew
        self._roster = roster
        self._line = line
        self._policy = policy
        self._next_beat_s = 0.0

    def hear(self, now: Now, orders: Orders) -> None:
        """Take in everything that nodes, and operators' programs, have said."""
        for name, message in self._desk.drain():
            member = self._crew.members.get(name)
            if isinstance(message, CommandDone):
                orders.acknowledged(message.command, message.result)
            elif isinstance(message, OperatorOrder):
                orders.take(message)
            elif member is not None and isinstance(message, NodeReport):
                member.hear(message, self._policy, now)
                self._tell(member)
            elif member is not None and member.alive:
                self._tell(member, again=True)

    def tell_all(self, now: Now) -> None:
        """Pass on what changed, and that we live."""
        beat = now.monotonic_s >= self._next_beat_s
        if beat:
            self._next_beat_s = now.monotonic_s + BEAT_EVERY_S
        for member in self._crew.living():
            if member.told is not None:
                self._tell(member)
                if beat:
                    self._desk.say(member.name, SupervisorBeat(pid=os.getpid()))

    def addresses(self) -> dict[str, tuple[str, str]]:
        """Where each master is: by its own word, else where it was told to be."""
        known = dict((self._line.sight or Sight()).addresses)
        known |= {name: addresses_of(pair) for name, pair in self._roster.pairs.items()}
        for member in self._crew.living():
            found = () if member.report is None else member.report.addresses
            if len(found) == ADDRESS_PAIR:
                known[member.name] = (found[0], found[1])
        return known

    def role_of(self, name: str) -> Role | None:
        """None for a name that no account has."""
        member = self._crew.members.get(name)
        return None if member is None else member.role

    def hand_over(self, name: str, command: Command) -> bool:
        """Tell a node that hears orders; False where the latch in the database must do."""
        member = self._crew.members.get(name)
        if member is None or not member.in_business:
            return False
        return self._desk.say(name, command)

    def latch_of(self, name: str) -> Latch:
        """The stricter of what the node and what the database says."""
        member = self._crew.members.get(name)
        if member is None:
            return Latch()
        reported = None if member.report is None else member.report.latch
        return stricter_of(reported, self._stored_latch(member))

    def keep_latch(self, name: str, latch: Latch) -> None:
        """For a node that starts before the database has it."""
        self._crew.members[name].kept_latch = latch

    def answer(self, peer: str, done: CommandDone) -> bool:
        """Tell an operator's own program what came of its order."""
        return self._desk.say(peer, done)

    def resumed(self, name: str) -> None:
        """An operator trusts the account again: a crash loop is forgotten."""
        member = self._crew.members.get(name)
        if member is not None:
            member.trust_again()

    def _stored_latch(self, member: Member) -> Latch | None:
        """The database's, or one it has not got yet; None where neither was ever moved."""
        stored = (self._line.sight or Sight()).latches.get(member.name)
        known = stored or member.kept_latch
        return None if known is None else stricter_of(stored, member.kept_latch)

    def _tell(self, member: Member, *, again: bool = False) -> None:
        told = msgspec.structs.replace(
            settings_for(
                member,
                self._document(member),
                self._line,
                self.addresses(),
                self._all_masters(),
                self._roster.fault_of(member.name) if member.duty is Duty.DRAIN else "",
            ),
            latch=self._stored_latch(member),
        )
        if (again or not same_news(member.told, told)) and self._desk.say(member.name, told):
            member.told = told

    def _document(self, member: Member) -> Document | None:
        """Its document as it stands, or one that opens nothing.

        A crash loop may be the document's own doing: then the one on which it was ready last.
        """
        document = self._roster.documents.get(member.name)
        if member.falls_back and same_account(member.proven, document):
            document = member.proven
        opens = member.duty is Duty.RUN and not member.close_only
        return document if opens else closing_only(document)

    def _all_masters(self) -> tuple[str, ...]:
        members = self._crew.members.values()
        return tuple(
            sorted(m.name for m in members if m.role is Role.MASTER and m.duty is Duty.RUN)
        )
