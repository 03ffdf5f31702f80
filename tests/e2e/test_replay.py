"""Recorded traders on recorded ticks through the real processes: a part of docs/REPLAY.md."""

from decimal import Decimal

import pytest

from tests.replaying.marks import CHECKPOINTS
from tests.replaying.policies import POLICIES, Policy
from tests.replaying.rules import FTMO, Rule
from tests.replaying.streams import why_not_here

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

SOME = (
    "Trend_One_To_One",
    "Trend_Own_Stops",
    "Breakout_Half",
    "Fade_Balance_Share",
    "Fade_Sells_Only",
)
#: Its document says three times, and its policy twice.
WRONG = Policy(
    "Trend_Wrong_Factor",
    FTMO,
    {"Trend": Rule(times=Decimal(2))},
    {"size": {"multiplier": 3}},
)


@pytest.mark.skipif(bool(why_not_here()), reason=why_not_here())
def test_slaves_do_what_their_policies_say_and_one_that_does_not_is_found_out() -> None:
    from tests.replaying.course import Course

    policies = (*(one for one in POLICIES if one.name in SOME), WRONG)
    outcome = Course(policies, CHECKPOINTS[:2], CHECKPOINTS[1]).run()
    assert outcome.checkpoints == CHECKPOINTS[:2]
    *right, wrong = outcome.seen
    found = {one.policy.name: (*one.differences, *one.answers.unexplained) for one in right}
    assert found == dict.fromkeys(SOME, ())
    assert all(one.deals for one in right)
    assert [line for line in wrong.differences if line.startswith("checkpoint 2")]
    assert all("0.6" in line or "0.2" in line or "0.4" in line for line in wrong.differences)
    assert not outcome.is_good
