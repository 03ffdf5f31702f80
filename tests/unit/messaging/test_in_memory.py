"""The bus on lists behaves like the bus on sockets, and loses what a test tells it to lose."""

from collections.abc import Sequence
from typing import Any

import pytest

from domain.control import Hello, Stop
from domain.signals import Malformed, PositionClosed, Signal
from messaging.in_memory import InMemoryBus, InMemoryControlLine, InMemoryInlet, NoWaiting
from tests.unit.messaging.messages import (
    CLOSED,
    HEARTBEAT,
    MASTER,
    OPENED,
    REQUEST,
    SNAPSHOT,
    fact_fields,
)


def closed(seq: int) -> PositionClosed:
    return PositionClosed(**fact_fields(seq, CLOSED))


def following(bus: InMemoryBus) -> InMemoryInlet:
    inlet = bus.inlet()
    inlet.follow(MASTER, *bus.outlets[MASTER].addresses())
    return inlet


def heard(inlet: InMemoryInlet) -> list[Any]:
    return [received.message for received in inlet.drain()]


def test_every_follower_hears_every_signal_in_order() -> None:
    bus = InMemoryBus(now_us=lambda: 5)
    outlet = bus.outlet(MASTER)
    inlets = [following(bus), following(bus)]
    outlet.publish(OPENED)
    outlet.publish(HEARTBEAT)
    assert [heard(inlet) for inlet in inlets] == [[OPENED, HEARTBEAT]] * 2
    assert heard(inlets[0]) == []
    assert outlet.said == [OPENED, HEARTBEAT]


def test_what_is_received_says_from_whom_and_when() -> None:
    bus = InMemoryBus(now_us=lambda: 5)
    outlet = bus.outlet(MASTER)
    inlet = following(bus)
    outlet.publish(OPENED)
    [received] = inlet.drain()
    assert (received.master, received.received_us) == (MASTER, 5)


@pytest.mark.parametrize(
    ("held_back", "heard_by_drain"),
    [
        pytest.param({}, [[1, 2, 3], []], id="undisturbed"),
        pytest.param({2: []}, [[1, 3], []], id="one lost"),
        pytest.param({2: [0, 0]}, [[1, 2, 2, 3], []], id="one doubled"),
        pytest.param({1: [1]}, [[2, 3], [1]], id="one late"),
        pytest.param({1: [0, 2]}, [[1, 2, 3], [], [1]], id="repeated later"),
    ],
)
def test_signals_are_lost_doubled_and_delayed_as_told(
    held_back: dict[int, list[int]], heard_by_drain: list[list[int]]
) -> None:
    def disturbance(signal: Signal) -> Sequence[int]:
        assert isinstance(signal, PositionClosed)
        return held_back.get(signal.stamp.seq, [0])

    bus = InMemoryBus(disturbance)
    outlet = bus.outlet(MASTER)
    inlet = following(bus)
    for seq in (1, 2, 3):
        outlet.publish(closed(seq))
    assert [[m.stamp.seq for m in heard(inlet)] for _ in heard_by_drain] == heard_by_drain


def test_a_snapshot_is_asked_for_and_answered_to_the_one_who_asked() -> None:
    bus = InMemoryBus()
    outlet = bus.outlet(MASTER)
    other, asking = following(bus), following(bus)
    asking.ask(MASTER, REQUEST)
    [(peer, request)] = outlet.requests()
    assert request == REQUEST
    outlet.answer(peer, SNAPSHOT)
    assert heard(asking) == [SNAPSHOT]
    assert heard(other) == []
    assert outlet.requests() == []


def test_any_bytes_can_be_put_in_an_answers_place() -> None:
    bus = InMemoryBus()
    bus.outlet(MASTER)
    inlet = following(bus)
    inlet.hear(MASTER, b"\xc1")
    assert isinstance(heard(inlet)[0], Malformed)


def test_a_master_that_is_gone_says_and_answers_nothing() -> None:
    bus = InMemoryBus()
    outlet = bus.outlet(MASTER)
    inlet = following(bus)
    outlet.close()
    inlet.ask(MASTER, REQUEST)
    assert outlet.requests() == []
    assert heard(inlet) == []


def test_after_unfollowing_nothing_is_heard_not_even_what_was_on_its_way() -> None:
    bus = InMemoryBus()
    outlet = bus.outlet(MASTER)
    inlet = following(bus)
    outlet.publish(OPENED)
    inlet.unfollow(MASTER)
    outlet.publish(HEARTBEAT)
    assert heard(inlet) == []


def test_a_line_keeps_what_was_said_and_hands_out_orders_once() -> None:
    line = InMemoryControlLine()
    hello = Hello(name="S", role="SLAVE", pid=1, started_at_ms=1)
    line.say(hello)
    line.orders.append(Stop(why="end"))
    assert line.said == [hello]
    assert line.drain() == [Stop(why="end")]
    assert line.drain() == []


def test_not_waiting_remembers_how_long_it_was_asked_to() -> None:
    waiter = NoWaiting()
    waiter.wait([], 1.5)
    assert waiter.timeouts_s == [1.5]
