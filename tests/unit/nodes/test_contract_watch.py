"""Where a broker changes what a lot is, nothing opens in that symbol until a person accepts it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.contracts import contract_of, fingerprint
from domain.market import Identity, Unknowable
from domain.records import ContractKept
from nodes.copying.contract_watch import LOOK_EVERY_S, LOOKS_PER_ROUND
from tests.builders import a_spec, some_settings
from tests.unit.nodes.swarm import Swarm

SMALLER = a_spec(contract_size="10")
LATER_S = LOOK_EVERY_S + 0.1


def kept(swarm: Swarm) -> dict[str, ContractKept]:
    return {one.symbol: one for one in swarm.slave.journal.contracts()}


def alarm(swarm: Swarm) -> str:
    swarm.turn(5)
    return next((text for text in swarm.slave.report.alarms if text.startswith("contract:")), "")


def accept(swarm: Swarm, **fingerprints: str) -> None:
    """The operator's edit of the account's document."""
    swarm.slave.settings = some_settings(accepted_contracts=fingerprints)
    swarm.slave.loop._take_settings(swarm.slave.settings_told())


@pytest.fixture
def changed() -> Swarm:
    """A copy is open when the broker makes lots of gold ten times smaller."""
    swarm = Swarm()
    swarm.trade()
    swarm.slave.door.specs["XAUUSD"] = SMALLER
    return swarm


def test_the_first_sight_is_written_down_and_copied() -> None:
    swarm = Swarm()

    swarm.trade()
    swarm.turn()

    assert swarm.slave.last == ("PositionOpened", "copied", "NONE")
    assert {name: one.found for name, one in kept(swarm).items()} == {"XAUUSD": None}
    assert kept(swarm)["XAUUSD"].contract == contract_of(a_spec())
    assert alarm(swarm) == ""


def test_a_change_is_an_alarm_before_anything_is_opened(changed: Swarm) -> None:
    changed.turn(seconds=LATER_S)

    assert "XAUUSD (contract_size 100 -> 10)" in alarm(changed)
    assert "symbols accept-contract Apex_Slave_01 XAUUSD" in alarm(changed)
    assert kept(changed)["XAUUSD"].found == contract_of(SMALLER)


def test_opens_in_it_are_denied_and_other_symbols_are_copied(changed: Swarm) -> None:
    changed.trade()
    assert changed.slave.last == ("PositionOpened", "denied", "CONTRACT_CHANGED")
    assert changed.slave.verdicts[-1].detail == "XAUUSD: contract_size 100 -> 10"

    changed.trade(symbol="EURUSD")
    assert changed.slave.last == ("PositionOpened", "copied", "NONE")


def test_no_contract_keeps_a_copy_from_being_changed_reduced_and_closed(changed: Swarm) -> None:
    changed.turn(seconds=LATER_S)

    changed.master.door.change(501, sl="1279.00")
    changed.turn(2)
    changed.master.door.reduce(501, "0.50")
    changed.turn(2)
    assert (changed.slave.leg().volume, changed.slave.leg().sl_sent) == (
        Decimal("0.50"),
        Decimal("1279.00"),
    )

    changed.master.door.shut(501)
    changed.turn(2)
    assert changed.slave.last == ("PositionClosed", "copied", "NONE")


def test_accepting_lets_the_next_open_through(changed: Swarm) -> None:
    changed.trade()

    accept(changed, XAUUSD=fingerprint(contract_of(SMALLER)))

    assert alarm(changed) == ""
    assert kept(changed)["XAUUSD"].contract == contract_of(SMALLER)
    assert kept(changed)["XAUUSD"].found is None
    changed.trade()
    assert changed.slave.last == ("PositionOpened", "copied", "NONE")


def test_what_was_accepted_is_no_word_on_the_next_change(changed: Swarm) -> None:
    accept(changed, XAUUSD=fingerprint(contract_of(SMALLER)))
    changed.trade()
    assert changed.slave.last == ("PositionOpened", "copied", "NONE")

    changed.slave.door.specs["XAUUSD"] = a_spec(contract_size="1")
    changed.trade()
    assert changed.slave.last == ("PositionOpened", "denied", "CONTRACT_CHANGED")


def test_a_change_that_the_broker_takes_back_is_over_by_itself(changed: Swarm) -> None:
    changed.trade()

    changed.slave.door.specs["XAUUSD"] = a_spec()
    changed.turn(seconds=LATER_S)

    assert alarm(changed) == ""
    changed.trade()
    assert changed.slave.last == ("PositionOpened", "copied", "NONE")


def test_a_restart_forgets_neither_the_contract_nor_the_change(changed: Swarm) -> None:
    changed.slave.start()
    changed.turn(4)

    changed.trade()

    assert changed.slave.last == ("PositionOpened", "denied", "CONTRACT_CHANGED")
    changed.slave.start()
    assert "contract_size 100 -> 10" in alarm(changed)


def test_another_account_has_contracts_of_its_own(changed: Swarm) -> None:
    journal = changed.slave.journal
    elsewhere = [
        msgspec.structs.replace(one, at=Identity(7, "Else")) for one in journal.contracts()
    ]
    journal.write(*elsewhere)

    changed.slave.start()
    changed.turn(4)
    changed.trade()

    assert changed.slave.last == ("PositionOpened", "copied", "NONE")


@pytest.mark.parametrize("answer", [None, Unknowable("pipe is closed")], ids=str)
def test_no_answer_is_no_change(changed: Swarm, answer: Any) -> None:
    changed.slave.door.spec_anew = lambda _: answer  # type: ignore[method-assign]

    changed.turn(3, seconds=LATER_S)

    assert alarm(changed) == ""


def test_every_symbol_has_its_turn_within_a_minute() -> None:
    swarm, asked = Swarm(), list[str]()
    names = [f"S{number}" for number in range(2 * LOOKS_PER_ROUND + 1)]
    swarm.slave.door.specs |= {name: a_spec(name) for name in names}
    for name in names:
        swarm.slave.loop._contracts.in_force(name, a_spec(name))  # type: ignore[arg-type]
    swarm.slave.door.spec_anew = asked.append  # type: ignore[method-assign]

    swarm.turn(LOOKS_PER_ROUND, seconds=LATER_S)

    assert sorted(set(asked)) == sorted(names)
    assert len(asked) <= 3 * LOOKS_PER_ROUND
