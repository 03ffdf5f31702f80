"""Desks that give their store back."""

from collections.abc import Callable, Iterator

import pytest

from tests.unit.paper.desk import Desk


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    """Opens desks; closes their stores at the end."""
    desks: list[Desk] = []

    def opened(*args: object, **keywords: object) -> Desk:
        desks.append(Desk(*args, **keywords))  # type: ignore[arg-type]
        return desks[-1]

    yield opened
    for one in desks:
        one.store.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A desk at FTMO-Demo with 100,000 USD."""
    return open_desk()
