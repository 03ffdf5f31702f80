"""TTL indexes: documents whose date has passed are removed."""

from datetime import datetime

from bson.datetime_ms import DatetimeMS

from db.embedded.collection import Collection
from db.embedded.engine import Engine
from db.embedded.paths import candidates
from db.embedded.values import Document, milliseconds


def expire(engine: Engine, now_ms: int) -> None:
    """Remove what is too old in every collection."""
    for collection in engine.everything():
        for path, after_s in _lifetimes(collection):
            limit_ms = now_ms - int(after_s * 1000)
            for record, document in list(collection.documents.items()):
                if _is_before(document, path, limit_ms):
                    collection.remove(record, engine.storage)


def _lifetimes(collection: Collection) -> list[tuple[tuple[str, ...], float]]:
    return [
        (tuple(next(iter(index.pattern)).split(".")), after_s)
        for index in collection.indexes.values()
        if (after_s := index.expires_after_s) is not None
    ]


def _is_before(document: Document, path: tuple[str, ...], limit_ms: int) -> bool:
    dates = [v for v in candidates(document, path) if isinstance(v, (datetime, DatetimeMS))]
    return any(milliseconds(date) <= limit_ms for date in dates)
