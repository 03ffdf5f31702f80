"""The checker can fail: each build that is broken on purpose does the damage it must do."""

import pytest

from tests.simulation.builds import Build
from tests.simulation.drawing_more import draw
from tests.simulation.running import run
from tests.simulation.sabotage import SABOTAGES
from tests.simulation.schedule import PLAINLY
from tests.simulation.shrinking import shrunk

MOST_SEEDS = 100


def damaging_seed(build: Build) -> int | None:
    """The first seed that shows it."""
    for seed in range(build.first_seed, build.first_seed + MOST_SEEDS):
        result = run(draw(seed, build.mode, build.troubles, build.flavour, build.ways), build)
        if any(finding.kind == build.damage for finding in result.findings):
            return seed
    return None


@pytest.mark.parametrize("build", SABOTAGES, ids=lambda build: build.name)
@pytest.mark.timeout(60)
def test_a_broken_build_is_found_out_and_the_honest_one_is_not_blamed(build: Build) -> None:
    seed = damaging_seed(build)
    assert seed is not None, f"{build.name} did no {build.damage} in {MOST_SEEDS} seeds"
    honest = run(draw(seed, build.mode, build.troubles, build.flavour, build.ways))
    assert honest.is_good, honest.findings


@pytest.mark.timeout(60)
def test_a_failing_schedule_shrinks_to_what_the_failure_needs() -> None:
    build = next(one for one in SABOTAGES if one.name == "no_intent_journal")
    drawn = draw(0, "safety", ways=PLAINLY)
    least = shrunk(drawn, build)
    assert len(least.happenings) == 1 < len(drawn.happenings)
