"""Which accounts run, when a slave may start, and which ports masters get."""

from typing import Any

import pytest

from decisions.roster import Duty, Standing, duty, leaves_its_copies, may_start, port_pairs
from domain.market import Identity
from domain.policies import AccountSettings, PaperAccount, Role

M, S = Role.MASTER, Role.SLAVE


@pytest.mark.parametrize(
    ("enabled", "sound", "needed", "expected"),
    [
        pytest.param(True, True, False, Duty.RUN, id="in order: runs"),
        pytest.param(False, True, False, Duty.OFF, id="disabled, nothing open: off"),
        pytest.param(False, True, True, Duty.DRAIN, id="disabled, with legs: drains"),
        pytest.param(True, False, False, Duty.OFF, id="bad document, nothing open: off"),
        pytest.param(True, False, True, Duty.DRAIN, id="bad document, with legs: drains"),
    ],
)
def test_law_7_an_account_with_open_legs_is_always_started(
    enabled: bool, sound: bool, needed: bool, expected: Duty
) -> None:
    account = Standing(role=S, enabled=enabled, sound=sound, needed=needed)
    assert duty(account) is expected


@pytest.mark.parametrize(
    ("role", "ready", "waited_s", "expected"),
    [
        pytest.param(M, set(), 0.0, True, id="a master at once"),
        pytest.param(S, {"A"}, 0.0, False, id="a slave not while one of its masters is away"),
        pytest.param(S, {"A", "B", "C"}, 0.0, True, id="a slave once its masters are ready"),
        pytest.param(S, set(), 10.0, True, id="a slave without them after ten seconds"),
    ],
)
def test_masters_start_before_their_slaves(
    role: Role, ready: set[str], waited_s: float, expected: bool
) -> None:
    assert may_start(role, ("A", "B"), ready, waited_s, 10.0) is expected


def test_the_first_master_gets_the_configured_port_and_the_next_ones_the_next_pairs() -> None:
    assert port_pairs(["B", "A"], {}, {}, 5555) == {"A": (5555, 5556), "B": (5557, 5558)}


def test_a_master_keeps_the_pair_it_had() -> None:
    pairs = port_pairs(["A", "B"], {}, {"B": (5555, 5556)}, 5555)
    assert pairs == {"B": (5555, 5556), "A": (5557, 5558)}


def test_a_document_has_its_way_and_others_keep_clear_of_it() -> None:
    pairs = port_pairs(["A", "B"], {"B": 5556, "A": 0, "C": 7000}, {"A": (5555, 5556)}, 5555)
    assert pairs == {"B": (5556, 5557), "A": (5559, 5560)}


def test_two_masters_that_had_the_same_pair_are_parted() -> None:
    pairs = port_pairs(["A", "B"], {}, {"A": (6000, 6001), "B": (6000, 6001)}, 5555)
    assert pairs == {"A": (6000, 6001), "B": (5555, 5556)}


PAPER = {"terminal": "paper"}


def settings(**changes: Any) -> AccountSettings:
    made: dict[str, Any] = {"name": "S1", "type": S, "path": "s1", "login": 7, "server": "Apex"}
    return AccountSettings(**(made | changes))


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        pytest.param({}, {"login": 8}, "login", id="another login"),
        pytest.param({}, {"server": "Other"}, "server", id="another server"),
        pytest.param({}, {"type": M}, "type", id="a master from now on"),
        pytest.param({}, {"terminal": "paper"}, "terminal", id="another broker altogether"),
        pytest.param({"login": 0}, {"login": 0, "path": "s2"}, "path", id="whoever is there"),
        pytest.param(
            {"terminal": "paper"}, {"terminal": "paper", "path": "s2"}, "path", id="paper"
        ),
        pytest.param({}, {"path": "D:/moved"}, "", id="the same login in a moved terminal"),
        pytest.param({"login": 0}, {"login": 7}, "", id="a login that was left open"),
        pytest.param({"server": ""}, {}, "", id="a server that was left open"),
        pytest.param({"login": 0}, {"login": 8}, "login", id="another login than the one found"),
        pytest.param({"server": ""}, {"server": "X"}, "server", id="another server than found"),
        pytest.param({}, {"login": 0}, "", id="a login that is left open from now on"),
        pytest.param({}, {"login": 0, "path": "D:/moved"}, "path", id="left open, and moved"),
        pytest.param(PAPER | {"server": ""}, PAPER, "", id="a server where paper asks for none"),
        pytest.param(
            PAPER | {"paper": PaperAccount(broker="A")},
            PAPER | {"paper": PaperAccount(broker="B")},
            "paper.broker",
            id="another paper broker",
        ),
        pytest.param(
            PAPER | {"paper": PaperAccount(currency="USD")},
            PAPER | {"paper": PaperAccount(currency="EUR")},
            "paper.currency",
            id="another currency on paper",
        ),
        pytest.param(
            PAPER | {"paper": PaperAccount(leverage=100)},
            PAPER | {"paper": PaperAccount(leverage=50)},
            "",
            id="another leverage on paper",
        ),
        pytest.param({}, {"magic_number": 9, "enabled": False}, "", id="nothing of the place"),
    ],
)
def test_a_document_may_not_lead_a_node_away_from_its_open_copies(
    before: dict[str, Any], after: dict[str, Any], field: str
) -> None:
    found = leaves_its_copies(settings(**before), settings(**after), Identity(7, "Apex"))
    assert (found.field if found else "") == field


def test_a_login_may_be_filled_in_where_no_journal_knows_it() -> None:
    assert leaves_its_copies(settings(login=0), settings(login=8)) is None
