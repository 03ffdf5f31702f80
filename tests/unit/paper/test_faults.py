"""Which calls a fault strikes, how often, and the way of a call that it strikes."""

from collections.abc import Sequence
from math import inf
from typing import Any

import msgspec
import pytest

from domain.mt5_words import TradeAction
from paper.service.faults.course import Execute, Hold, Tell, Wait, course_of
from paper.service.faults.kinds import KINDS, Delay, Fault, Gap, Hang, Kind, Refuse
from paper.service.faults.reference import SCOPE, meaning
from paper.service.faults.retcodes import words_of
from paper.service.faults.rules import Called, Rule, Scope, complaint, concerns
from paper.service.faults.running import Hands, Running
from paper.service.faults.script import Live, Script
from tests.unit.paper.desk import request

SEED = 7


def rule(fault: Kind | None = None, **scope: Any) -> Rule:
    whole = msgspec.convert(fault or Delay(ms=10), Fault)
    return Rule(scope=Scope(**{"call": "order_send", **scope}), fault=whole)


def called(verb: str = "order_send", *args: Any, terminal: str = "apex", **order: Any) -> Called:
    given = list(args) if verb != "order_send" else [request(**order)]
    return Called(terminal=terminal, verb=verb, args=given)


@pytest.mark.parametrize(
    ("scope", "call", "is_meant"),
    [
        ({}, called(), True),
        ({"terminal": "apex"}, called(), True),
        ({"terminal": "ftmo"}, called(), False),
        ({"call": "positions_*"}, called("positions_get", "all"), True),
        ({"call": "positions_*"}, called("positions_total"), True),
        ({"call": "positions_*"}, called(), False),
        ({"symbol": "EURUSD"}, called(symbol="EURUSD"), True),
        ({"symbol": "EURUSD"}, called(symbol="XAUUSD"), False),
        ({"call": "*", "symbol": "EURUSD"}, called("symbol_info_tick", "XAUUSD"), False),
        ({"call": "*", "symbol": "EURUSD"}, called("positions_get", "all"), True),
        ({"order": "open"}, called(), True),
        ({"order": "open"}, called(position=5), False),
        ({"order": "close"}, called(position=5), True),
        ({"order": "stops"}, called(action=TradeAction.SLTP, position=5), True),
        ({"order": "remove"}, called(action=TradeAction.REMOVE, order=5), True),
        ({"call": "*", "order": "open"}, called("positions_get", "all"), False),
        ({"order": "open"}, Called(terminal="apex", verb="order_send", args=["nonsense"]), False),
        ({"call": "now"}, called("now"), False),
    ],
)
def test_a_rule_is_about_some_calls_and_no_others(
    scope: dict[str, Any], call: Called, is_meant: bool
) -> None:
    assert concerns(rule(**scope), call) is is_meant


@pytest.mark.parametrize(
    ("scope", "struck"),
    [
        ({}, "xxxxxxxx"),
        ({"times": 2}, "xx......"),
        ({"skip": 3}, "...xxxxx"),
        ({"every": 3}, "x..x..x."),
        ({"skip": 1, "every": 2, "times": 2}, ".x.x...."),
        ({"chance": 0.0}, "........"),
        ({"after_ms": 2_500}, "...xxxxx"),
        ({"for_ms": 2_500}, "xxx....."),
        ({"after_ms": 1_500, "for_ms": 2_000}, "..xx...."),
    ],
    ids=str,
)
def test_a_rule_strikes_so_often_and_so_long(scope: dict[str, Any], struck: str) -> None:
    script = Script(SEED)
    script.add(rule(**scope), now_s=0.0)
    seen = ("x" if script.striking(called(), now_s=second) else "." for second in range(8))
    assert "".join(seen) == struck


def draws(seed: int, rules: int = 1) -> list[list[int]]:
    script = Script(seed)
    for _ in range(rules):
        script.add(rule(chance=0.5), now_s=0.0)
    return [[live.number for live in script.striking(called(), 0.0)] for _ in range(60)]


def test_the_same_seed_strikes_the_same_calls_and_another_others() -> None:
    assert draws(SEED) == draws(SEED)
    assert draws(SEED) != draws(SEED + 1)
    assert 15 < sum(map(len, draws(SEED))) < 45


def test_a_rule_that_is_added_changes_nothing_for_those_before_it() -> None:
    alone = [bool(numbers) for numbers in draws(SEED)]
    assert [1 in numbers for numbers in draws(SEED, rules=2)] == alone


def test_rules_are_taken_back_by_number_by_terminal_or_all() -> None:
    script = Script(SEED)
    for terminal in ("apex", "ftmo", "apex", "*"):
        script.add(rule(terminal=terminal), now_s=0.0)
    assert [live.number for live in script.take_back((2,), "")] == [2]
    assert [live.number for live in script.take_back((), "apex")] == [1, 3]
    assert [live.number for live in script.take_back((), "")] == [4]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (rule(Delay(ms=1), call="now"), "name one instead"),
        (rule(KINDS["fill"](), call="positions_get"), "it is about order_send"),
        (rule(KINDS["login_timeout"](), call="order_send"), "initialize, login"),
        (rule(KINDS["late_rows"](), call="account_info"), "positions_get"),
    ],
    ids=lambda value: value.fault.name if isinstance(value, Rule) else None,
)
def test_a_rule_that_could_never_strike_is_refused(wrong: Rule, said: str) -> None:
    assert said in complaint(wrong)


@pytest.mark.parametrize("fault", [Gap(points=5), KINDS["death"](), KINDS["pipe_lost"]()])
def test_some_faults_happen_without_a_call(fault: Kind) -> None:
    assert complaint(rule(fault, call="now")) == ""


def live(fault: Kind, number: int = 1) -> Live:
    return Live(number, rule(fault), SEED, now_s=0.0)


def test_a_call_nothing_strikes_is_executed_and_told() -> None:
    assert course_of(called(), []) == (Execute(), Tell())


def test_waits_stand_before_or_after_the_execution() -> None:
    struck = [live(Delay(ms=100)), live(Hang(ms=7, when="after")), live(Delay(ms=5))]
    before, later, execute, hold, held, tell = course_of(called(), struck)
    assert (before, later, held) == (Wait(100), Wait(5), Wait(7, struck[1]))
    assert (type(execute), hold, tell) == (Execute, Hold(), Tell())


def waits(delay: Delay, times: int = 400) -> list[float]:
    struck = live(delay)
    courses = (course_of(called(), [struck]) for _ in range(times))
    return [step.ms or 0.0 for course in courses for step in course if isinstance(step, Wait)]


def test_a_delay_with_a_tail_is_drawn_from_the_seed_and_has_one() -> None:
    delay = Delay(ms=100, sigma=0.5)
    drawn = sorted(waits(delay))
    assert waits(delay) == waits(delay)
    assert drawn[0] > 0
    assert 85 < drawn[200] < 115
    assert drawn[-4] > 220


def test_some_answers_are_slower_by_far() -> None:
    drawn = waits(Delay(ms=10, slow_ms=1_000, slow_share=0.1))
    assert set(drawn) == {10, 1_010}
    assert 20 < drawn.count(1_010) < 60


class Client:
    """What one call did and what was said of it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.executed = 0

    def call(self, *faults: Kind, lives: Sequence[Live] = ()) -> Running:
        hands = Hands(
            perform=self._perform,
            say=self.heard.append,
            hang_up=lambda: self.heard.append("hung up"),
            kill_terminal=lambda _: self.heard.append("died"),
            begin=lambda _: self.heard.append("began"),
        )
        struck = [*lives, *(live(fault, number) for number, fault in enumerate(faults, 1))]
        return Running(5, course_of(called(), struck), hands)

    def _perform(self, _struck: tuple[Live, ...]) -> tuple[int, object]:
        self.executed += 1
        return 1, "done"


@pytest.fixture
def client() -> Client:
    return Client()


def test_an_answer_is_owed_until_it_is_due(client: Client) -> None:
    running = client.call(Delay(ms=500), Delay(ms=1_000, when="after"))
    running.go_on(10.0)
    assert (running.due_s, client.executed, client.heard) == (10.5, 0, [])
    running.go_on(10.5)
    assert (running.due_s, client.executed, client.heard) == (11.5, 1, [])
    running.go_on(11.5)
    assert running.is_done
    assert client.heard == [(5, 1, "done")]


def test_a_hang_says_so_first_and_may_last_for_ever(client: Client) -> None:
    running = client.call(Hang())
    running.go_on(0.0)
    assert client.heard == [(5, 2, None)]
    assert running.due_s == inf


@pytest.mark.parametrize(
    ("fault", "executed", "heard"),
    [
        (KINDS["death"](), 0, ["died"]),
        (KINDS["death"](when="after"), 1, ["died"]),
        (KINDS["pipe_lost"](), 0, [(0, 3, None), "hung up"]),
        (KINDS["pipe_lost"](when="after"), 1, [(0, 3, None), "hung up"]),
        (Gap(points=1), 1, ["began", (5, 1, "done")]),
        (Refuse(), 1, [(5, 1, "done")]),
    ],
)
def test_what_ends_a_call_ends_it_before_or_after_it_was_done(
    client: Client, fault: Kind, executed: int, heard: list[Any]
) -> None:
    client.call(fault).go_on(0.0)
    assert (client.executed, client.heard) == (executed, heard)


def test_a_hang_ends_when_its_rule_is_taken_back(client: Client) -> None:
    script = Script(SEED)
    hang = script.add(rule(Hang()), now_s=0.0)
    running = client.call(lives=[hang])
    running.go_on(0.0)
    assert running.due_s == inf
    script.take_back((), "")
    running.go_on(1.0)
    assert client.heard == [(5, 2, None), (5, 1, "done")]


def test_an_order_whose_sender_is_gone_is_executed_all_the_same(client: Client) -> None:
    running = client.call(Delay(ms=100))
    running.go_on(0.0)
    running.nobody_listens()
    running.go_on(0.1)
    assert client.executed == 1


def test_nothing_waits_for_ever_for_nobody(client: Client) -> None:
    running = client.call(Hang())
    running.go_on(0.0)
    running.nobody_listens()
    assert running.is_done
    assert client.executed == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_what_it_does(kind: type[Kind]) -> None:
    assert meaning(kind).endswith(".")


def test_every_setting_of_a_scope_is_explained() -> None:
    assert set(SCOPE) == set(Scope.__struct_fields__)


@pytest.mark.parametrize("code", [10004, 10012, 10031, 10046])
def test_a_return_code_comes_with_words(code: int) -> None:
    assert not words_of(code).startswith("Error")
