"""A drill's plan: the same seed plans the same, everybody and every kind has its turn."""

from collections import Counter

import msgspec
import pytest

from commands.drilling.plan import (
    BROKER,
    DATABASE,
    LAUNCHER,
    PAUSES,
    Cast,
    Deed,
    Measure,
    Step,
    plan,
)
from commands.drilling.terminal_faults import ON_MASTERS, ON_SLAVES
from paper.service.faults.kinds import KINDS

CAST = Cast(masters=("M1", "M2"), slaves=("S1", "S2", "S3"))


def steps(seed: int = 1, seconds: float = 50.0, **more: object) -> tuple[Step, ...]:
    return plan(msgspec.convert({"seed": seed, "seconds": seconds, **more}, Measure), CAST)


def kills(found: tuple[Step, ...]) -> list[Step]:
    return [step for step in found if step.deed is Deed.KILL]


def test_the_same_seed_plans_the_same_drill() -> None:
    assert steps(7) == steps(7)
    assert steps(7) != steps(8)


def test_steps_come_in_order_and_are_over_when_the_chaos_is() -> None:
    found = steps(3)
    assert [step.at_s for step in found] == sorted(step.at_s for step in found)
    assert all(step.ends_s <= 50.001 for step in found)


def test_fifty_seconds_hold_many_faults_and_kills_of_every_victim() -> None:
    found = steps()
    assert len(found) >= 60
    victims = {victim for step in kills(found) for victim in step.victims}
    assert victims >= {LAUNCHER, BROKER, DATABASE}
    assert victims & set(CAST.masters)
    assert victims & set(CAST.slaves)


def test_a_long_drill_deals_every_kind_about_equally_often() -> None:
    found = steps(seconds=600.0)
    terminal = Counter(step.name for step in found if step.deed is Deed.TERMINAL)
    assert set(terminal) == {fault.name for fault in (*ON_MASTERS, *ON_SLAVES)}
    pauses = Counter(step.name for step in found if step.deed is Deed.PAUSE)
    assert set(pauses) == {card.name for card in PAUSES}
    assert {step.deed for step in found} == set(Deed)


def test_the_number_of_kills_can_be_asked_for() -> None:
    assert len(kills(steps(seconds=2400.0, kills=520))) == 520
    assert kills(steps(kills=0)) == []


def test_twice_the_pace_is_about_twice_as_much() -> None:
    assert 1.7 < len(steps(seconds=300.0, pace=2.0)) / len(steps(seconds=300.0)) < 2.3


def test_every_kind_the_paper_broker_has_is_used() -> None:
    used = {rule["kind"] for fault in ON_SLAVES for rule in fault.made}
    # `other_account`, `death` and the rest by name; what is missing here would never be drilled.
    assert used == set(KINDS)


@pytest.mark.parametrize("fault", ON_SLAVES, ids=lambda fault: fault.name)
def test_every_fault_ends_by_itself(fault: object) -> None:
    step = next(
        (one for one in steps(seconds=900.0) if one.name == getattr(fault, "name", "")), None
    )
    assert step is not None
    assert all(isinstance(rule["for_ms"], int) and rule["for_ms"] > 0 for rule in step.rules)
