"""One run from its schedule to its result."""

import gc
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.simulation.acts import do
from tests.simulation.builds import HONEST, Build
from tests.simulation.drawing_more import draw
from tests.simulation.ending import unfinished
from tests.simulation.findings import Finding
from tests.simulation.of_use import tried_out
from tests.simulation.schedule import Mode, Schedule
from tests.simulation.second_judge import judged
from tests.simulation.stage import Stage
from tests.simulation.trace import Trace
from utils.clock import taken_from
from utils.randomness import drawn_from, seeded

SHARED_MEMORY = Path("/dev/shm")
LOOK_EVERY_US = 1_000_000
#: For so long a swarm may need to converge once nothing goes wrong any more: the settle window of
#: an order without an answer, the longest pause between two tries of a close, and one more look.
CONVERGES_WITHIN_S = 150
AFTERWARDS_US = 2_000_000


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one run has shown."""

    seed: int
    mode: str
    findings: tuple[Finding, ...]
    faults: tuple[str, ...]
    counts: dict[str, int]
    digest: str
    converged_after_s: float | None = None

    @property
    def is_good(self) -> bool:
        """Nothing was found."""
        return not self.findings and not self.faults


def run_seed(
    seed: int, mode: Mode, build: Build = HONEST, *, shows: bool = False, largest_order: float = 0.0
) -> Result:
    """The run that a seed stands for, with the troubles that a broken build is looked for by."""
    return run(schedule_of(seed, mode, build, largest_order), build, shows=shows)


def schedule_of(seed: int, mode: Mode, build: Build, largest_order: float = 0.0) -> Schedule:
    """`largest_order`: in place of what is drawn, where it is named."""
    schedule = draw(seed, mode, build.troubles, build.flavour, build.ways)
    if not largest_order:
        return schedule
    return msgspec.structs.replace(schedule, largest_order=largest_order)


def run_span(
    span: tuple[int, int], mode: Mode, build: Build = HONEST, *, largest_order: float = 0.0
) -> list[Result]:
    """One seed after the other; what they leave behind is collected at the end."""
    gc.disable()
    try:
        return [run_seed(seed, mode, build, largest_order=largest_order) for seed in range(*span)]
    finally:
        gc.enable()
        gc.collect()


def run(schedule: Schedule, build: Build = HONEST, *, shows: bool = False) -> Result:
    """Exactly the same for the same schedule and build."""
    trace = Trace(shows=shows)
    with _quiet(), tempfile.TemporaryDirectory(dir=_fast_disk()) as folder:
        stage = Stage(schedule, Path(folder), trace)
        tokens = seeded(schedule.seed)
        clocks = taken_from(stage.kernel.steady_s, stage.kernel.utc_ns)
        with clocks, drawn_from(tokens), build.in_force():
            try:
                converged_s = _play(stage, schedule)
                missing = _missing(stage, schedule)
            finally:
                stage.close()
    return Result(
        seed=schedule.seed,
        mode=schedule.mode,
        findings=(*stage.witness.findings, *missing),
        faults=tuple(fault for host in stage.hosts.values() for fault in host.faults),
        counts=dict(trace.counts),
        digest=trace.digest,
        converged_after_s=converged_s,
    )


def _missing(stage: Stage, schedule: Schedule) -> list[Finding]:
    """What is not as it should be at the end, by our own judge and by the product's."""
    if schedule.mode == "safety":
        return []
    found = list(unfinished(stage, schedule))
    at_ms = stage.kernel.now_us // 1_000
    damages = [
        Finding(kind=one.kind.value, who=one.slave, at_ms=at_ms, text=one.text)
        for one in ([] if found or schedule.nets else judged(stage))
    ]
    return found + damages + ([] if found else tried_out(stage, schedule))


def _play(stage: Stage, schedule: Schedule) -> float | None:
    for one in schedule.happenings:
        stage.kernel.at(
            one.at_ms * 1_000, lambda one=one: do(stage, one.what, one.who, dict(one.how))
        )  # type: ignore[misc]
    stage.begin()
    ends_us = (schedule.happenings[-1].at_ms if schedule.happenings else 0) * 1_000 + LOOK_EVERY_US
    stage.kernel.run_until(max(ends_us, schedule.lasts_ms * 1_000))
    if schedule.mode == "safety":
        stage.kernel.run_until(stage.kernel.now_us + AFTERWARDS_US)
        return None
    return _converge(stage, schedule)


def _converge(stage: Stage, schedule: Schedule) -> float | None:
    began_us = stage.kernel.now_us
    stage.end_all_troubles()
    stage.kernel.trace.note("calm", "")
    while stage.kernel.now_us < began_us + CONVERGES_WITHIN_S * 1_000_000:
        stage.kernel.run_until(stage.kernel.now_us + LOOK_EVERY_US)
        if next(unfinished(stage, schedule), None) is None:
            return (stage.kernel.now_us - began_us) / 1_000_000
    return None


def _fast_disk() -> str | None:
    return str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Nobody reads what is logged, and its times would be the wall's."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
