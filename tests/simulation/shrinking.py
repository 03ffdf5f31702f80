"""A failing schedule with everything left out that the failure does not need."""

from collections.abc import Sequence

import msgspec

from tests.simulation.builds import HONEST, Build
from tests.simulation.running import Result, run
from tests.simulation.schedule import Happening, Schedule


def shrunk(schedule: Schedule, build: Build = HONEST) -> Schedule:
    """Drops ever smaller parts of what happens while the same kind of failure stays."""
    kinds, kept, part = _kinds(run(schedule, build)), list(schedule.happenings), 0
    size = max(1, len(kept) // 2)
    while size:
        while part < len(kept):
            fewer = kept[:part] + kept[part + size :]
            if kinds & _kinds(run(_with(schedule, fewer), build)):
                kept = fewer
            else:
                part += size
        size, part = size // 2, 0
    return _with(schedule, kept)


def _with(schedule: Schedule, happenings: Sequence[Happening]) -> Schedule:
    return msgspec.structs.replace(schedule, happenings=tuple(happenings))


def _kinds(result: Result) -> set[str]:
    faults = {fault.strip().splitlines()[-1] for fault in result.faults}
    return {finding.kind for finding in result.findings} | faults
