"""What a backup holds, as lines for a person."""

from collections.abc import Iterator
from pathlib import Path

from db.backups.backup_file import Contents
from db.moments import moment

KIB = 1024


def lines_of(place: Path, contents: Contents) -> Iterator[str]:
    """Whose it is, from when, and how much of what."""
    about = contents.about
    total = sum(contents.documents.values())
    yield f"{place} ({max(place.stat().st_size // KIB, 1)} KiB)"
    yield (
        f"  swarm {about.swarm}, {about.kind} database {about.database}, "
        f"{moment(about.created_ms):%Y-%m-%d %H:%M:%S} UTC"
    )
    yield f"  {total} documents in {len(contents.documents)} collections"
    for name, count in sorted(contents.documents.items()):
        yield f"    {name}: {count}"
