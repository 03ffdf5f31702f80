"""Was every event answered, and as the policy says? Read from the database, as a user would."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pymongo.database import Database

from commands.staging.books import FILED_FIELDS, decisions
from tests.replaying.comparing import Keys

Document = dict[str, Any]

#: Answers that come of the policy: it was done, in part, or nothing was left to be done.
DONE = ("copied", "partial", "nothing_to_do")
ASKS = ("OrderPlaced", "PositionOpened")


class Answers(NamedTuple):
    """What was said, counted, and what nobody can explain."""

    counts: Counter[tuple[str, str]]
    unexplained: tuple[str, ...]


def answers_of(
    database: Database[Document], slave: str, keys: Keys, expected: Mapping[Any, str]
) -> tuple[int, Answers]:
    """How many events have an answer, and what to think of them."""
    own = [d for d in decisions(database, FILED_FIELDS) if d["account_id"] == slave]
    counts = Counter((str(one["kind"]), str(one["reason"])) for one in own)
    stamps = {(one["master"], one["epoch"], one["seq"]) for one in own}
    return len(stamps), Answers(counts, tuple(_unexplained(own, keys, expected)))


def _unexplained(own: list[Document], keys: Keys, expected: Mapping[Any, str]) -> Iterator[str]:
    for one in own:
        ticket = int(str(one["leg_key"]).rpartition("#")[2].partition(".")[0])
        (trader, number), _ = keys[ticket]
        kind, reason, event = str(one["kind"]), str(one["reason"]), str(one["event"])
        why_not = expected.get((trader, event, number), "")
        if event in ASKS and why_not:
            is_right = (kind, reason) == ("denied", why_not)
        else:
            is_right = kind in DONE
        if not is_right:
            wanted = f"denied {why_not}" if why_not else " or ".join(DONE)
            yield f"{trader} {number}: {event} answered {kind} {reason}, wanted {wanted}"
