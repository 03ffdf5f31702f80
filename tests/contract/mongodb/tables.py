"""Rows of tables that name themselves."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def rows(table: Iterable[Sequence[Any]], width: int = 1) -> list[Any]:
    """Each row under the text of its first columns."""
    return [pytest.param(*row, id=" ".join(str(part) for part in row[:width])) for row in table]
