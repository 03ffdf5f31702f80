"""Writes down how every node fares: into the database for users, into a file for a successor."""

from pathlib import Path

import msgspec

from domain.control import NodeReport
from nodes.supervisor import pid_file
from nodes.supervisor.atomic import KeptFile
from nodes.supervisor.crew import Crew
from nodes.supervisor.database_line import DatabaseLine
from nodes.supervisor.member import Member
from nodes.supervisor.showing import report_to_keep
from nodes.supervisor.view import AccountView, SwarmView
from utils.clock import Now

UNCHANGED_EVERY_S = 5.0
STOPPED = "STOPPED"


class Recorder:
    """Writes only what changed, and the unchanged every few seconds as a sign of life."""

    def __init__(
        self, state: Path, line: DatabaseLine, supervisor: pid_file.SupervisorEntry
    ) -> None:
        self._state = state
        self._line = line
        self._supervisor = supervisor
        self._file = KeptFile(pid_file.place(state))
        self._last: dict[str, tuple[NodeReport, float]] = {}

    def keep(self, view: SwarmView, crew: Crew, servers: tuple[str, ...], now: Now) -> None:
        """Reports to the database, processes to the file."""
        for account in view.accounts:
            member = crew.members.get(account.name)
            report = report_to_keep(account, None if member is None else member.report, now.utc_ms)
            self._keep_report(report, now.monotonic_s)
        entry = msgspec.structs.replace(self._supervisor, servers=servers)
        nodes = {member.name: _entry(member) for member in crew.living()}
        distrusted = tuple(sorted(m.name for m in crew.members.values() if m.close_only))
        file = pid_file.RunFile(supervisor=entry, nodes=nodes, close_only=distrusted)
        self._file.keep(pid_file.as_bytes(file))

    def keep_last(self, account: AccountView, now: Now) -> None:
        """What stays to be read once nobody runs."""
        stopped = msgspec.structs.replace(account, state=STOPPED, alarms=())
        self._line.record(report_to_keep(stopped, None, now.utc_ms))

    def withdraw(self) -> None:
        """An orderly end."""
        pid_file.withdraw(self._state)

    def _keep_report(self, report: NodeReport, now_s: float) -> None:
        before, at_s = self._last.get(report.name, (None, 0.0))
        same = before is not None and _timeless(before) == _timeless(report)
        if same and now_s - at_s < UNCHANGED_EVERY_S:
            return
        self._last[report.name] = (report, now_s)
        self._line.record(report)


def _timeless(report: NodeReport) -> NodeReport:
    return msgspec.structs.replace(report, sent_at_ms=0)


def _entry(member: Member) -> pid_file.NodeEntry:
    if member.child is None:
        raise ValueError(f"{member.name} has no process")
    return pid_file.NodeEntry(
        role=member.role.value,
        pid=member.child.pid,
        birth=member.child.birth,
        addresses=() if member.report is None else member.report.addresses,
        connecting=member.connecting,
    )
