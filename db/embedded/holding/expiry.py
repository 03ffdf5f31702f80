"""TTL indexes: documents whose date has passed are removed."""

from bson.datetime_ms import DatetimeMS

from db.embedded.holding.collection import Collection
from db.embedded.holding.engine import Engine


def expire(engine: Engine, now_ms: int) -> None:
    """Remove what is too old in every collection."""
    for collection in engine.everything():
        for path, after_s in _lifetimes(collection):
            too_old = {"$lte": DatetimeMS(now_ms - int(after_s * 1000))}
            for record in list(collection.matching({path: too_old})):
                collection.remove(record, engine.storage)


def _lifetimes(collection: Collection) -> list[tuple[str, float]]:
    return [
        (next(iter(index.pattern)), after_s)
        for index in collection.indexes.values()
        if (after_s := index.expires_after_s) is not None
    ]
