"""The bundled ticks from shortly before the payrolls on, so that a short demo sees them."""

import gzip
from pathlib import Path
from typing import Final

from paper.service.tick_files import bundled

#: 2014-05-02 12:29:40 UTC: the figures came at 12:30:00, gold fell by 10 dollars at 12:30:02.
LIVELY_FROM_MS: Final = 1_399_033_780_000


def lively(folder: Path) -> tuple[Path, ...]:
    """Copies of the samples in `folder` that begin with the last quote before that moment."""
    folder.mkdir(parents=True)
    return tuple(_cut(sample, folder / sample.name) for sample in bundled())


def _cut(sample: Path, target: Path) -> Path:
    head, *rows = gzip.decompress(sample.read_bytes()).decode("utf-8").splitlines()
    times_ms = [int(row.partition(",")[0]) for row in rows]
    first = sum(1 for time_ms in times_ms if time_ms < LIVELY_FROM_MS)
    kept = "\n".join([head, *rows[max(0, first - 1) :], ""])
    target.write_bytes(gzip.compress(kept.encode("utf-8"), mtime=0))
    return target
