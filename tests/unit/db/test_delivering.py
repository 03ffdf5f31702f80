"""Which of a database's faults are its last word on a record, and which are only of the moment."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from db.delivering import deliver
from db.journal_rows import SHIP_LEG, Kept, rows_of
from db.moments import moment
from db.outbox import Parcel
from tests.records_made import MOMENT_MS, SLAVE, leg


class Refusing:
    """A database, and each collection of it, that answers every write with this code."""

    def __init__(self, code: int) -> None:
        self.code = code

    def with_options(self, **_options: object) -> "Refusing":
        return self

    def __getitem__(self, _name: str) -> "Refusing":
        return self

    def bulk_write(self, _writes: Sequence[object], **_options: object) -> None:
        raise BulkWriteError({"writeErrors": [{"index": 0, "code": self.code, "errmsg": "no"}]})


def parcel() -> Parcel:
    (kept,) = (row for row in rows_of(leg(1)) if isinstance(row, Kept))
    return Parcel(7, SHIP_LEG, kept.body)


def delivered_to(code: int) -> list[int]:
    database = cast("Database[dict[str, Any]]", Refusing(code))
    return [one.number for one, _ in deliver(database, [parcel()], SLAVE, moment(MOMENT_MS))]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(13, id="no rights at the moment"),
        pytest.param(50, id="it took too long"),
        pytest.param(91, id="it shuts down"),
        pytest.param(10107, id="no primary"),
        pytest.param(14031, id="its disk is full"),
        pytest.param(0, id="no code at all"),
    ],
)
def test_what_may_be_taken_later_is_never_set_aside(code: int) -> None:
    with pytest.raises(BulkWriteError):
        delivered_to(code)
