"""Rows of tables that name themselves, and documents that many of them share."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from pymongo.collection import Collection

Stock = Callable[[list[dict[str, Any]]], Collection[dict[str, Any]]]


def rows(table: Iterable[Sequence[Any]], width: int = 1) -> list[Any]:
    """Each row under the text of its first columns."""
    return [pytest.param(*row, id=" ".join(str(part) for part in row[:width])) for row in table]
