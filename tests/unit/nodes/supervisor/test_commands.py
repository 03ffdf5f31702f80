"""Operators' orders: once each, in order, to the node or to its stored latch."""

import pytest

from db.commands import Pending
from decisions.trading_state import stricter_of
from domain.control import Command, CommandDone, OperatorOrder
from domain.policies import Latch, Role, TradingState
from domain.records import LatchChange
from nodes.supervisor.commands import OrderDesk


class FakeAccounts:
    def __init__(self) -> None:
        self.roles = {"S1": Role.SLAVE, "S2": Role.SLAVE, "M1": Role.MASTER}
        self.running = {"S1"}
        self.handed: list[tuple[str, str]] = []
        self.latches: dict[str, Latch] = {}
        self.trusted: list[str] = []
        self.answers: list[CommandDone] = []

    def role_of(self, name: str) -> Role | None:
        return self.roles.get(name)

    def hand_over(self, name: str, command: Command) -> bool:
        if name in self.running:
            self.handed.append((name, command.command))
        return name in self.running

    def latch_of(self, name: str) -> Latch:
        return stricter_of(self.latches.get(name), None)

    def keep_latch(self, name: str, latch: Latch) -> None:
        self.latches[name] = latch

    def resumed(self, name: str) -> None:
        self.trusted.append(name)

    def answer(self, peer: str, done: CommandDone) -> bool:
        self.answers.append(done)
        return True


class FakeStore:
    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.inserted: list[str] = []
        self.changes: list[LatchChange] = []

    def mark_done(self, command: str, result: str) -> None:
        self.done.append((command, result))

    def insert_done(self, account: str, command: Command, result: str) -> None:
        self.inserted.append(command.command)
        self.done.append((command.command, result))

    def store_latch(self, change: LatchChange) -> None:
        self.changes.append(change)


def pending(account: str, command: str, kind: str = "HALT") -> Pending:
    return Pending(account, Command(command=command, kind=kind, by="anna", why="news"))


def desk() -> tuple[OrderDesk, FakeAccounts, FakeStore]:
    accounts, store = FakeAccounts(), FakeStore()
    return OrderDesk(accounts, store), accounts, store


def test_a_running_node_is_told_once_and_its_word_ends_the_order() -> None:
    orders, accounts, store = desk()
    orders.step([pending("S1", "c1")], 1.0, 0)
    orders.step([pending("S1", "c1")], 1.5, 0)
    assert accounts.handed == [("S1", "c1")]
    orders.acknowledged("c1", "HALTED")
    orders.step([pending("S1", "c1")], 5.0, 0)
    assert accounts.handed == [("S1", "c1")]
    assert store.done == [("c1", "HALTED")]


def test_law_6_a_resume_is_done_once_though_a_silent_database_shows_it_for_hours() -> None:
    orders, accounts, _ = desk()
    sight = [pending("S1", "c1", "RESUME")]
    orders.step(sight, 1.0, 0)
    orders.acknowledged("c1", "ACTIVE")
    for second in range(2, 200):
        orders.step(sight, float(second), 0)
    assert accounts.handed == [("S1", "c1")]


def test_a_node_that_does_not_answer_is_told_again() -> None:
    orders, accounts, _ = desk()
    orders.step([pending("S1", "c1")], 1.0, 0)
    orders.step([pending("S1", "c1")], 3.1, 0)
    assert accounts.handed == [("S1", "c1"), ("S1", "c1")]


def test_a_later_order_waits_for_the_earlier_one_to_the_same_account() -> None:
    orders, accounts, _ = desk()
    both = [pending("S1", "c1"), pending("S1", "c2", "RESUME")]
    orders.step(both, 1.0, 0)
    assert accounts.handed == [("S1", "c1")]
    orders.acknowledged("c1", "HALTED")
    orders.step(both, 1.1, 0)
    assert accounts.handed == [("S1", "c1"), ("S1", "c2")]


def test_an_order_for_an_account_that_does_not_run_holds_at_its_next_start() -> None:
    orders, accounts, store = desk()
    orders.step([pending("S2", "c1")], 1.0, 77)
    assert accounts.latches["S2"].state is TradingState.HALTED
    assert store.changes[0].after == Latch(
        state=TradingState.HALTED, counter=1, reason="news", by="anna", at_ms=77
    )
    assert store.done[0][1].startswith("HALTED (stored")


def test_halt_and_resume_before_a_start_leave_the_operators_last_word() -> None:
    orders, accounts, _ = desk()
    both = [pending("S2", "c1"), pending("S2", "c2", "RESUME")]
    orders.step(both, 1.0, 0)
    orders.step(both, 1.1, 0)
    assert accounts.latches["S2"].state is TradingState.ACTIVE
    assert accounts.latches["S2"].counter == 2
    assert accounts.trusted == ["S2"]


def test_orders_nobody_can_carry_out_are_refused_with_the_reason() -> None:
    orders, _, store = desk()
    wrong = [pending("Nobody", "c1"), pending("M1", "c2"), pending("S1", "c3", "EXPLODE")]
    orders.step(wrong, 1.0, 0)
    results = dict(store.done)
    assert "no account is called 'Nobody'" in results["c1"]
    assert "name a slave" in results["c2"]
    assert "wanted HALT, RESUME, CLOSE or LEAVE" in results["c3"]


@pytest.mark.parametrize("kind", ["CLOSE", "LEAVE"])
def test_what_only_a_node_can_do_is_refused_where_none_runs_and_nothing_waits_behind_it(
    kind: str,
) -> None:
    """Done at its next start, perhaps days later, it would be nobody's wish any more."""
    orders, accounts, store = desk()
    orders.step([pending("S2", "c1", kind), pending("S2", "c2")], 1.0, 0)
    orders.step([pending("S2", "c2")], 2.0, 0)
    results = dict(store.done)
    assert results["c1"].startswith("refused: the account's node does not run")
    assert accounts.latches["S2"].state is TradingState.HALTED

    orders.step([pending("S1", "c3", kind)], 3.0, 0)
    assert accounts.handed == [("S1", "c3")]


def test_an_order_over_the_socket_needs_no_database_and_is_answered() -> None:
    orders, accounts, store = desk()
    order = OperatorOrder(name="operator 1", account="S1", command="c1", kind="HALT", by="anna")
    orders.take(order)
    orders.step([], 1.0, 0)
    orders.acknowledged("c1", "HALTED")
    assert accounts.answers == [CommandDone(name="operator 1", command="c1", result="HALTED")]
    assert store.inserted == ["c1"]


def test_the_same_order_by_both_ways_is_carried_out_once() -> None:
    orders, accounts, _ = desk()
    order = OperatorOrder(name="operator 1", account="S1", command="c1", kind="HALT", by="anna")
    orders.take(order)
    orders.step([pending("S1", "c1")], 1.0, 0)
    orders.acknowledged("c1", "HALTED")
    orders.take(order)
    orders.step([pending("S1", "c1")], 5.0, 0)
    assert accounts.handed == [("S1", "c1")]
    assert [answer.result for answer in accounts.answers] == ["HALTED", "HALTED"]
