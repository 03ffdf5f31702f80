"""The newest document of each value is known, also after deletions and changes."""

import pytest

from db.embedded.holding.newest import Newest


def newest(documents: dict[int, dict[str, object]], path: str = "a") -> list[int]:
    looking = Newest(path)
    looking.look_at(documents)
    return [record for record, document in documents.items() if looking.is_one(record, document)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        (["x"], [1]),
        (["x", "x", "y", "x"], [3, 4]),
        ([1, 1.0, None], [2, 3]),
    ],
    ids=["none", "one", "two values", "equal numbers"],
)
def test_the_last_of_each_value_is_one(values: list[object], expected: list[int]) -> None:
    assert newest({n: {"a": value} for n, value in enumerate(values, 1)}) == expected


def test_a_missing_field_counts_as_a_value() -> None:
    assert newest({1: {}, 2: {"a": 1}, 3: {}}) == [2, 3]


def test_without_a_field_nothing_is_kept_back() -> None:
    assert newest({1: {"a": 1}}, "") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda documents: documents.pop(3),
        lambda documents: documents[3].update(a="y"),
        lambda documents: documents.update({4: {"a": "y"}}) or documents.pop(3),
    ],
    ids=["deleted", "changed", "deleted beside a new one"],
)
def test_the_one_before_is_the_newest_once_the_newest_is_gone(change: object) -> None:
    documents: dict[int, dict[str, object]] = {n: {"a": "x"} for n in (1, 2, 3)}
    looking = Newest("a")
    looking.look_at(documents)
    assert looking.is_one(3, documents[3])
    assert callable(change)
    change(documents)
    looking.look_at(documents)
    assert looking.is_one(2, documents[2])
    assert not looking.is_one(1, documents[1])


def test_only_what_came_since_is_looked_at() -> None:
    looked: list[int] = []

    class Documents(dict[int, dict[str, object]]):
        def __getitem__(self, record: int) -> dict[str, object]:
            looked.append(record)
            return super().__getitem__(record)

    documents = Documents({1: {"a": "x"}, 2: {"a": "y"}})
    looking = Newest("a")
    looking.look_at(documents)
    looked.clear()
    documents[3] = {"a": "x"}
    looking.look_at(documents)
    assert looked == [3]
    assert not looking.is_one(1, {"a": "x"})
