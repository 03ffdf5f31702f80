"""What a person sees of a demo that runs."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from commands.demonstration.console import LiveScreen, PlainScreen, fresh, state_of
from nodes.supervisor.view import AccountView, SwarmView


def seen(*verdicts: str, **changes: object) -> SwarmView:
    usual = {
        "name": "Apex", "role": "SLAVE", "pid": 7, "state": "ACTIVE", "ready": True,
        "last_verdicts": verdicts, "figures": {"latency_ms_p50": 2.34, "latency_ms_p99": 5.0},
    }  # fmt: skip
    account = AccountView(**(usual | changes))
    return SwarmView(accounts=(account,))


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        pytest.param((), ("a", "b"), ("a", "b"), id="all at first"),
        pytest.param(("a", "b"), ("a", "b"), (), id="nothing new"),
        pytest.param(("a", "b"), ("b", "c"), ("c",), id="the list has slid by one"),
        pytest.param(("a", "a"), ("a", "a", "a"), ("a",), id="the same words once more"),
        pytest.param(("a", "b"), ("c", "d"), ("c", "d"), id="it has slid away whole"),
    ],
)
def test_only_new_verdicts_are_printed(
    before: Sequence[str], now: Sequence[str], new: Sequence[str]
) -> None:
    assert tuple(fresh(before, now)) == tuple(new)


def test_where_nobody_looks_each_news_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    plain = PlainScreen()
    plain.update(seen("PositionOpened GOLD copied"), ["buy 0.30 XAUUSD"], "ignored")
    plain.update(seen("PositionOpened GOLD copied"), [], "ignored")
    plain.close()
    assert capsys.readouterr().out.splitlines() == [
        "  master: buy 0.30 XAUUSD",
        "  Apex: ACTIVE, 0 positions, latency p50 / p99 2.3 / 5.0 ms",
        "  Apex: ACTIVE, ready (process 7)",
        "    Apex: PositionOpened GOLD copied",
    ]


def test_where_there_is_no_process_yet_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    plain = PlainScreen()
    plain.update(seen(pid=0, state="STARTING", ready=False, figures={}), [], "ignored")
    assert capsys.readouterr().out == "  Apex: STARTING\n"


def test_in_a_terminal_a_table_shows_every_account() -> None:
    shown = io.StringIO()
    live = LiveScreen(Console(file=shown, width=120, force_terminal=True))
    live.say("Apex copies")
    live.update(seen("PositionOpened [GOLD] copied"), ["buy 0.30 XAUUSD"], "12 s left")
    live.close()
    for words in ("Apex copies", "12 s left", "ACTIVE", "2.3 / 5.0", "[GOLD]", "buy 0.30 XAUUSD"):
        assert words in shown.getvalue()


def test_a_state_is_shown_with_what_holds_it_back() -> None:
    account = AccountView(name="A", role="SLAVE", state="REDUCING", holds=("SUPERVISOR_LOST",))
    assert state_of(account) == "REDUCING SUPERVISOR_LOST"
