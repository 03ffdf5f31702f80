"""What nodes are told of their own documents."""

from pathlib import Path
from typing import Any

import pytest

from decisions.account_documents import parse_account
from decisions.restarting import Policy
from domain.control import Hello, NodeReport, Settings
from domain.policies import Role
from nodes.supervisor.accounts import AccountBook
from nodes.supervisor.children import Child
from nodes.supervisor.crew import Crew, Ways
from nodes.supervisor.database_line import Sight
from nodes.supervisor.member import Member
from nodes.supervisor.roster import Roster
from nodes.supervisor.showing import report_to_keep, swarm_view
from nodes.supervisor.switchboard import Switchboard
from tests.unit.nodes.supervisor.told_crew import FakeDesk, FakeLine
from utils.clock import Now

MASTER = {"name": "M1", "type": "MASTER", "terminal": "paper", "path": "m1"}
SLAVE = {"name": "S1", "type": "SLAVE", "terminal": "paper", "path": "s1"}
NOW = Now(monotonic_s=100.0, utc_ms=0)


class Office:
    """A supervisor whose slave runs with one open leg, beside the documents given."""

    def __init__(self, state: Path, *documents: dict[str, Any]) -> None:
        ways = Ways(
            start=lambda _: Child(1, 1.0),
            say_stop=lambda *_: True,
            jitter=lambda: 0.0,
            end_terminal=lambda _: None,
            state=state,
            logs=state,
        )
        self.crew = Crew(ways, Policy())
        slave = self.crew.members["S1"] = Member("S1", Role.SLAVE, state / "S1.out")
        slave.begin(Child(1, 1.0), None, NOW)
        slave.kept_legs = 1
        self.slave = slave
        book = AccountBook(parse_account, lambda _: ())
        self.roster = Roster(state, book, self.crew, 5555)
        self.desk = FakeDesk()
        sight = Sight(documents=tuple(documents))
        self.roster.take_up(sight)
        self.line: Any = FakeLine(sight)
        self.board = Switchboard(self.desk, self.crew, self.roster, self.line, Policy())

    def sees(self, *documents: dict[str, Any]) -> None:
        """The next look at the database; whoever has news to hear is told."""
        self.desk.said.clear()
        self.line.sight = Sight(documents=tuple(documents))
        self.roster.take_up(self.line.sight)
        self.board.tell_all(NOW)

    def hello(self, *names: str) -> None:
        """These nodes ask for their settings."""
        for name in names:
            role = self.crew.members[name].role.value
            self.desk.heard.append((name, Hello(name=name, role=role, pid=1, started_at_ms=0)))
        self.board.hear(NOW, None)

    def news(self) -> list[tuple[str, Any]]:
        """Who was told a document, with its magic number."""
        told = [(n, m.document or {}) for n, m in self.desk.said if isinstance(m, Settings)]
        return [(name, document.get("magic_number")) for name, document in told]

    def told(self) -> Settings:
        """What the slave hears when it says hello."""
        self.desk.heard = [("S1", Hello(name="S1", role="SLAVE", pid=1, started_at_ms=0))]
        self.board.hear(NOW, None)
        return next(message for name, message in self.desk.said if name == "S1")


@pytest.mark.parametrize(
    ("documents", "fault"),
    [
        pytest.param([MASTER, SLAVE], "", id="sound"),
        pytest.param([MASTER, SLAVE | {"enabled": False}], "", id="disabled by its document"),
        pytest.param([MASTER], "", id="deleted"),
        pytest.param(
            [MASTER, SLAVE, SLAVE | {"name": "S2"}], "a terminal of its own", id="claimed twice"
        ),
    ],
)
def test_a_node_is_told_what_is_wrong_with_its_document_where_it_may_not_open_for_that(
    documents: list[dict[str, Any]], fault: str, tmp_path: Path
) -> None:
    told = Office(tmp_path, *documents).told()
    assert bool(told.close_only) is bool(fault)
    assert fault in told.close_only


def test_status_shows_what_is_wrong_with_a_document_beside_its_nodes_own_words(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, MASTER, SLAVE, SLAVE | {"name": "S2"})
    report = NodeReport(
        name="S1", role="SLAVE", pid=1, ready=True, state="REDUCING", alarms=("day: unknown",)
    )
    office.slave.report = report
    view = swarm_view(office.crew, office.roster.judgement, "", "").of("S1")
    assert view is not None
    told = report_to_keep(view, report, 0).alarms
    assert any("a terminal of its own" in alarm for alarm in told)
    assert "day: unknown" in told


def test_an_edit_is_told_to_the_account_concerned_and_to_nobody_else(tmp_path: Path) -> None:
    other = SLAVE | {"name": "S2", "path": "s2"}
    office = Office(tmp_path, MASTER, SLAVE, other)
    for name in ("M1", "S2"):
        office.crew.members[name].begin(Child(1, 1.0), None, NOW)
    office.hello("M1", "S1", "S2")
    office.desk.said.clear()

    office.sees(MASTER, SLAVE | {"magic_number": 9}, other)
    assert office.news() == [("S1", 9)]
    office.sees(MASTER, SLAVE | {"magic_number": 9}, other | {"enabled": False})
    assert office.news() == [("S2", None)]


def test_a_slave_more_or_less_is_no_news_to_the_others(tmp_path: Path) -> None:
    office = Office(tmp_path, MASTER, SLAVE)
    office.crew.members["M1"].begin(Child(1, 1.0), None, NOW)
    office.hello("M1", "S1")
    office.desk.said.clear()
    office.sees(MASTER, SLAVE, SLAVE | {"name": "S2", "path": "s2"})
    office.sees(MASTER, SLAVE)
    assert office.news() == []
