"""Documents, filters and updates at random: two servers by different hands must agree.

What the other server is known to do wrong is left out of the dice: NaN, nested arrays, several
conditions on one array, null beside arrays, $not on fields of an array's documents (it matches
them all), $min, $max, $unset, $pull and $pop there (it does nothing, or too much, where the
manual's PathNotViable is due), and updates of null (it takes null for a missing field)."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

C = Collection[dict[str, Any]]
Dice = random.Random
NAMES = ("a", "b", "c")
SCALARS = (0, 1, 2, 2.5, -1, "x", "y", "", True, False, None)
COMPARED = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
SEEDS = range(8)
FILTERS, UPDATES = 60, 40


def scalar(dice: Dice) -> Any:
    return dice.choice(SCALARS)


def inner(dice: Dice) -> dict[str, Any]:
    return {name: scalar(dice) for name in dice.sample(NAMES, dice.randint(1, 2))}


def value(dice: Dice) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: scalar(dice),
        lambda: scalar(dice),
        lambda: inner(dice),
        lambda: [scalar(dice) for _ in range(dice.randint(1, 3))],
        lambda: [inner(dice) for _ in range(dice.randint(1, 2))],
    ]
    return dice.choice(kinds)()


def documents(dice: Dice) -> list[dict[str, Any]]:
    return [
        {"_id": at, **{name: value(dice) for name in dice.sample(NAMES, dice.randint(1, 3))}}
        for at in range(12)
    ]


def path(dice: Dice) -> str:
    return dice.choice([*NAMES, "a.b", "b.c", "c.a"])


def known(dice: Dice) -> Any:
    """A value to compare with; null has its own rules, told case by case elsewhere."""
    return dice.choice([v for v in SCALARS if v is not None])


def condition(dice: Dice) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: known(dice),
        lambda: {dice.choice(COMPARED): known(dice)},
        lambda: {"$in": [known(dice), known(dice)]},
        lambda: {"$nin": [known(dice), known(dice)]},
        lambda: {"$size": dice.randint(1, 3)},
        lambda: {"$type": dice.choice(["int", "double", "string", "bool", "object"])},
    ]
    return dice.choice(kinds)()


def query(dice: Dice, depth: int = 0) -> dict[str, Any]:
    if depth < 2 and dice.random() < 0.3:
        word = dice.choice(["$and", "$or", "$nor"])
        return {word: [query(dice, depth + 1) for _ in range(dice.randint(1, 3))]}
    return {path(dice): condition(dice) for _ in range(dice.randint(1, 2))}


def update(dice: Dice) -> dict[str, Any]:
    kinds: list[Callable[[], Any]] = [
        lambda: {"$set": {path(dice): value(dice)}},
        lambda: {"$unset": {dice.choice(NAMES): 1}},
        lambda: {"$inc": {path(dice): dice.randint(-3, 3)}},
        lambda: {"$mul": {path(dice): 2}},
        lambda: {"$min": {dice.choice(NAMES): known(dice)}},
        lambda: {"$max": {dice.choice(NAMES): known(dice)}},
        lambda: {"$push": {path(dice): scalar(dice)}},
        lambda: {"$push": {path(dice): {"$each": [scalar(dice)], "$slice": -2}}},
        lambda: {"$addToSet": {path(dice): dice.choice(["x", "z"])}},
        lambda: {"$pull": {dice.choice(NAMES): known(dice)}},
        lambda: {"$pop": {dice.choice(NAMES): dice.choice([1, -1])}},
        lambda: {"$rename": {dice.choice(NAMES): "d"}},
    ]
    return dice.choice(kinds)()


def without_null(document: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in document.items() if "None" not in repr(v)}


def found(c: C, asked: dict[str, Any]) -> list[int]:
    return sorted(document["_id"] for document in c.find(asked))


def changed(c: C, before: dict[str, Any], change: dict[str, Any]) -> Any:
    """The document afterwards, or that the change was refused."""
    c.delete_many({})
    c.insert_one(dict(before))
    try:
        c.update_one({"_id": before["_id"]}, change)
    except OperationFailure:
        return "refused"
    return c.find_one({"_id": before["_id"]})


@pytest.mark.parametrize("seed", SEEDS)
def test_two_servers_find_the_same(pair: tuple[C, C], seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    stored = documents(dice)
    for c in pair:
        c.insert_many(stored)
    for _ in range(FILTERS):
        asked = query(dice)
        ours, theirs = (found(c, asked) for c in pair)
        assert ours == theirs, (asked, stored)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_servers_make_the_same_of_a_document(pair: tuple[C, C], seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for _ in range(UPDATES):
        before, change = without_null(documents(dice)[0]), update(dice)
        ours, theirs = (changed(c, before, change) for c in pair)
        assert ours == theirs, (before, change)
        assert repr(ours) == repr(theirs), (before, change)
