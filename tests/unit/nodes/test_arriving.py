"""A node's wait for a terminal that is not there yet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.control import NodeReport, Stop
from domain.ids import NodeName
from domain.market import Identity, Unknowable
from domain.policies import AccountSettings, Role
from nodes.arriving import Arrival
from paper.admin import AdminError
from paper.starting import PaperBrokerError
from utils.os_signals import StopRequest

SETTINGS = AccountSettings(name=NodeName("S1"), type=Role.SLAVE, path="s1", terminal="paper")
MINE = Identity(7, "Paper-Demo")
AWAY = [PaperBrokerError("did not answer"), AdminError("hung up"), ConnectionRefusedError("no")]


class FakeLine:
    """A supervisor who says what a test gives it."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.heard: list[Any] = []

    def say(self, message: Any) -> None:
        self.said.append(message)

    def drain(self) -> list[Any]:
        heard, self.heard = self.heard, []
        return heard

    def waitables(self) -> tuple[object, ...]:
        return ()


class FakeDoor:
    """A terminal that is logged in to one account after the other."""

    expected = MINE

    def __init__(self, *answers: Identity | Unknowable) -> None:
        self._answers = iter(answers)
        self.terminal: Any = self

    def connect(self) -> Identity | Unknowable:
        return next(self._answers)


class Node:
    """One that is on its way, and loses no time where it would wait."""

    def __init__(self, stop: StopRequest) -> None:
        self.line = FakeLine()
        self.arrival = Arrival(SETTINGS, self.line, stop)
        self.arrival._waiter = self  # type: ignore[assignment]

    def wait(self, _waitables: object, _seconds: float) -> None:
        """A moment has passed."""

    def alarms(self) -> list[str]:
        return [text for m in self.line.said if isinstance(m, NodeReport) for text in m.alarms]


@pytest.fixture
def node() -> Iterator[Node]:
    with StopRequest() as stop:
        yield Node(stop)


def opening(*outcomes: Any) -> Callable[[], Any]:
    """A door that opens, or a fault, one after the other."""
    ahead = iter(outcomes)

    def open_door() -> Any:
        outcome = next(ahead)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return open_door


def test_a_paper_broker_that_is_away_is_waited_for_and_told_of(node: Node) -> None:
    """A crash loop would take opens from an account that has no fault."""
    door = FakeDoor()
    assert node.arrival.at_door(opening(*AWAY, door), insists=False) is door
    assert [alarm.split(": ")[1] for alarm in node.alarms()] == ["paper broker"] * 3
    assert {report.state for report in node.line.said} == {"WAITING"}


@pytest.mark.parametrize("fault", AWAY, ids=lambda fault: type(fault).__name__)
def test_who_starts_a_node_by_hand_is_told_at_once(node: Node, fault: Exception) -> None:
    with pytest.raises(type(fault)):
        node.arrival.at_door(opening(fault), insists=True)


def test_a_brokers_no_is_an_answer(node: Node) -> None:
    with pytest.raises(AdminError):
        node.arrival.at_door(opening(AdminError("no such currency", 3)), insists=False)


def test_whoever_is_told_to_stop_waits_no_longer(node: Node) -> None:
    node.line.heard = [Stop(why="the launcher ends")]
    assert node.arrival.at_door(opening(*AWAY), insists=False) is None
    node.line.heard = [Stop(why="the launcher ends")]
    assert node.arrival.at_account(FakeDoor(Unknowable("no answer"))) is None  # type: ignore[arg-type]


def test_another_login_than_the_documents_is_waited_out(node: Node) -> None:
    door: Any = FakeDoor(Unknowable("no answer"), Identity(8, "Else"), MINE)
    assert node.arrival.at_account(door) == MINE
    assert node.alarms() == [
        "terminal: no answer",
        "terminal: wanted login 7 at Paper-Demo, found 8 at Else",
    ]
