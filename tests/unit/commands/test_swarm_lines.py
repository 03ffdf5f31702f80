"""What the console says between two looks at the swarm."""

from typing import Any

from commands.swarm_lines import lines_between, summary
from nodes.supervisor.view import AccountView, SwarmView


def account(**changes: Any) -> AccountView:
    known = {"name": "S1", "role": "SLAVE", "pid": 7, "alive": True, "state": "ACTIVE"}
    return AccountView(**(known | changes))


def said(before: AccountView | None, after: AccountView) -> list[str]:
    first = SwarmView(accounts=() if before is None else (before,))
    return [line.text for line in lines_between(first, SwarmView(accounts=(after,)))]


def test_a_start_says_the_process_and_the_state() -> None:
    assert said(None, account()) == ["S1: slave started as process 7", "S1: ACTIVE"]


def test_a_node_that_an_earlier_launcher_left_was_found() -> None:
    assert said(None, account(adopted=True))[0] == "S1: slave found running as process 7"


def test_nothing_new_says_nothing() -> None:
    assert said(account(), account(positions=3)) == []


def test_becoming_ready_is_said_once() -> None:
    assert said(account(), account(ready=True)) == ["S1: ready"]
    assert said(account(ready=True), account(ready=True)) == []


def test_a_hold_is_said_with_the_state() -> None:
    assert said(account(), account(holds=("DATABASE_SILENT",))) == ["S1: ACTIVE (DATABASE_SILENT)"]


def test_an_end_says_which_process() -> None:
    ended = account(pid=0, alive=False, state="RESTARTING")
    assert said(account(), ended) == ["S1: process 7 has ended", "S1: RESTARTING"]


def test_only_new_verdicts_are_said_though_the_list_forgets_its_oldest() -> None:
    before = account(last_verdicts=("a", "b", "b"))
    assert said(before, account(last_verdicts=("b", "b", "c"))) == ["S1: c"]


def test_verdicts_that_repeat_are_each_said() -> None:
    assert said(account(last_verdicts=("a",)), account(last_verdicts=("a", "a"))) == ["S1: a"]


def test_a_new_list_after_a_restart_is_said_whole() -> None:
    assert said(account(last_verdicts=("a", "b")), account(last_verdicts=("c",))) == ["S1: c"]


def test_an_alarm_is_said_when_it_comes_and_when_it_goes() -> None:
    alarmed = account(alarms=("terminal: gone",))
    assert said(account(), alarmed) == ["S1: ALARM terminal: gone"]
    assert said(alarmed, account()) == ["S1: over: terminal: gone"]


def test_the_swarms_own_alarms_and_accounts_that_go_are_said() -> None:
    before = SwarmView(accounts=(account(),))
    lines = lines_between(before, SwarmView(alarms=("the database is silent: gone",)))
    assert [line.text for line in lines] == [
        "swarm: ALARM the database is silent: gone",
        "S1: no longer an account",
    ]


def test_the_summary_counts() -> None:
    view = SwarmView(
        accounts=(
            account(ready=True, open_legs=2),
            account(name="M1", role="MASTER"),
            account(name="S2", alive=False),
        ),
        database="embedded",
    )
    assert summary(view) == "1 masters, 1 slaves, 1 ready, 2 copies open, database embedded"
