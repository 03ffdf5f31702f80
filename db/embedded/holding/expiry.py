"""TTL indexes: documents whose date has passed are removed."""

from bson.datetime_ms import DatetimeMS

from db.embedded.holding.collection import Collection
from db.embedded.holding.engine import Engine
from db.embedded.holding.indexes import Index


def expire(engine: Engine, now_ms: int) -> None:
    """Remove what is too old in every collection."""
    for collection in engine.everything():
        for index in collection.indexes.values():
            if index.expires_after_s is not None:
                latest = DatetimeMS(now_ms - int(index.expires_after_s * 1000))
                for record in _too_old(collection, index, latest):
                    collection.remove(record, engine.storage)


def _too_old(collection: Collection, index: Index, latest: DatetimeMS) -> list[int]:
    """A partial index speaks for the documents it holds, and for no others."""
    found = collection.find({next(iter(index.pattern)): {"$lte": latest}})
    return [record for record, document in found if index.covers(document)]
