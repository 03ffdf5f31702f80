"""docs/EMBEDDED_DB.md says what the embedded database answers."""

import pytest

from commands.embedded_page import PAGE, lists, page


def test_the_page_of_the_embedded_database_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(written), "run: python -m commands.embedded_page"


@pytest.mark.parametrize(
    ("part", "works", "refused"),
    [
        ("query", "$gte", "$near"),
        ("query at the top", "$jsonSchema", "$where"),
        ("update", "$inc", None),
        ("stages", "$group", "$changeStream"),
        ("accumulators", "$sum", "$accumulator"),
        ("expressions", "$cond", "$function"),
        ("indexes", "compound", "2dsphere"),
        ("schema", "bsonType", "encrypt"),
    ],
)
def test_what_works_and_what_is_refused_stand_apart(
    part: str, works: str, refused: str | None
) -> None:
    made = lists()[part]

    does, does_not = made.split("Refused:", maxsplit=1)

    assert f"`{works}`" in does
    assert refused is None or (f"`{refused}`" in does_not and f"`{refused}`" not in does)


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="made: commands"):
        page("# Nothing")
