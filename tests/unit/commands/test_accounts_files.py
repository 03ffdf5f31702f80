"""Account documents as text: exact, whatever types a database holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Binary, Code, Decimal128, Int64, ObjectId, Regex

from commands.accounts.answer import Refused
from commands.accounts.files import LARGEST_BYTES, extended, named_files, read


@pytest.mark.parametrize(
    "value",
    [
        5,
        0.25,
        5.0,
        True,
        None,
        "a",
        Int64(5),
        Int64(-(2**31)),
        Code("x"),
        Decimal128("5.10"),
        Decimal128("NaN"),
        float("inf"),
        datetime(2026, 11, 21, 12, 0, 0, 123000, tzinfo=UTC),
        ObjectId("65f0c0ffee65f0c0ffee65f0"),
        Binary(b"x"),
        Regex("^a", "i"),
        ["a", Int64(1), {"b": Decimal128("1")}],
    ],
    ids=str,
)
def test_every_value_is_read_back_as_it_was(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"value": extended(value)}, allow_nan=False), "utf-8")
    found = read(str(path))
    assert isinstance(found, dict)
    assert str(found["value"]) == str(value)
    assert type(found["value"]) is (bytes if isinstance(value, Binary) else type(value))


def test_a_large_whole_number_is_written_plainly() -> None:
    assert extended(Int64(51234567890)) == 51234567890
    assert type(extended(Int64(51234567890))) is int


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(Refused, match="more than 16 MB"):
        read(str(path))


def test_a_folder_stands_for_its_json_files_and_nothing_is_read_twice(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).write_text("{}", "utf-8")
    first, second = str(tmp_path / "a.json"), str(tmp_path / "b.json")
    assert named_files([str(tmp_path), first]) == [first, second]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(Refused, match=r"wanted \.json files in this folder"):
        named_files([str(empty)])
