"""What `status` makes of a document, a report and a latch."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commands.status import at_work, lines, row
from domain.policies import Latch, TradingState

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DOCUMENT = {"name": "S1", "type": "SLAVE", "enabled": True}


def node(**changes: Any) -> dict[str, Any]:
    known = {"name": "S1", "state": "ACTIVE", "ready": True, "sent_at": NOW, "pid": 7}
    return known | changes


def test_a_fresh_report_is_believed() -> None:
    shown = row(DOCUMENT, node(open_legs=2, positions=3), None, NOW_MS + 14_000)
    assert lines([shown]) == ["S1  SLAVE   ACTIVE, ready, 3 positions, 2 copies open"]


def test_an_old_report_is_not() -> None:
    shown = row(DOCUMENT, node(), None, NOW_MS + 16_000)
    assert (shown.state, shown.ready, shown.pid) == ("SILENT", False, 0)


def test_a_stopped_account_stays_stopped_however_long() -> None:
    assert row(DOCUMENT, node(state="STOPPED"), None, NOW_MS + 10**9).state == "STOPPED"


def test_an_account_that_never_ran_says_so() -> None:
    assert row(DOCUMENT, None, None, NOW_MS).state == "NEVER RAN"


def test_the_kill_switch_is_shown_with_its_reason_even_while_nothing_runs() -> None:
    latch = Latch(state=TradingState.HALTED, counter=1, reason="news", by="anna")
    shown = lines([row(DOCUMENT, None, latch, NOW_MS)])
    assert shown[1].strip() == "kill switch: HALTED, news (by anna)"


def test_holds_and_alarms_stand_below_their_account() -> None:
    told = node(holds=["WRONG_LOGIN"], alarms=["login: logged in to 5"])
    shown = lines([row(DOCUMENT | {"enabled": False}, told, None, NOW_MS)])
    assert "disabled" in shown[0]
    assert [line.strip() for line in shown[1:]] == [
        "hold: WRONG_LOGIN",
        "ALARM login: logged in to 5",
    ]


def test_no_accounts_says_what_to_do() -> None:
    assert lines([]) == ["No accounts. Run: python setup_db.py"]


@pytest.mark.parametrize(
    ("changes", "later_ms", "shown"),
    [
        ({}, 1000, True),
        ({}, 60_000, False),
        ({"state": "STOPPED"}, 1000, False),
        ({"state": "STOPPED", "open_legs": 1}, 60_000, True),
    ],
    ids=["reports", "silent", "stopped", "holds copies"],
)
def test_a_node_whose_document_is_gone_is_shown_while_it_works_or_holds_copies(
    changes: dict[str, Any], later_ms: int, *, shown: bool
) -> None:
    assert at_work(node(**changes), NOW_MS + later_ms) is shown
