"""How far a master's story has been dealt with, though urgent events overtake others."""

from domain.book import Stamp
from nodes.bookkeeping.progress import Progress
from tests.builders import EPOCH, MASTER

OTHER = type(MASTER)("Other_Master")


def at(seq: int) -> Stamp:
    return Stamp(EPOCH, seq)


def a_progress(journaled: Stamp | None = None) -> Progress:
    return Progress(lambda _: journaled)


def reached(progress: Progress) -> int:
    return progress.cursor(MASTER).stamp.seq


def test_events_in_order_move_the_cursor_one_by_one() -> None:
    progress = a_progress(at(3))
    for seq in (4, 5):
        progress.expect(MASTER, at(seq))
        assert progress.done(MASTER, at(seq))
        assert reached(progress) == seq


def test_the_cursor_never_passes_what_still_waits() -> None:
    progress = a_progress(at(3))
    for seq in (4, 5, 6):
        progress.expect(MASTER, at(seq))
    progress.done(MASTER, at(6))
    assert reached(progress) == 3
    progress.done(MASTER, at(4))
    assert reached(progress) == 4
    progress.done(MASTER, at(5))
    assert reached(progress) == 6


def test_a_snapshot_does_not_pass_what_still_waits_either() -> None:
    progress = a_progress(at(3))
    progress.expect(MASTER, at(4))
    progress.reached(MASTER, at(9))
    assert reached(progress) == 3
    progress.done(MASTER, at(4))
    assert reached(progress) == 9


def test_what_was_not_expected_moves_nothing() -> None:
    """A close that acted in a gap: what is missing before it is still to be heard."""
    progress = a_progress(at(3))
    assert not progress.done(MASTER, at(9))
    assert reached(progress) == 3


def test_what_overtook_a_gap_and_still_waits_is_heard_again_after_a_restart() -> None:
    progress = a_progress(at(3))
    progress.expect_early(MASTER, at(5))
    progress.reached(MASTER, at(5))
    assert reached(progress) == 4
    assert not progress.done(MASTER, at(5))
    assert reached(progress) == 5


def test_a_restart_goes_on_where_the_journal_says_and_never_lower() -> None:
    progress = a_progress(at(7))
    assert reached(progress) == 7
    progress.reached(MASTER, at(5))
    assert reached(progress) == 7


def test_masters_have_a_place_each() -> None:
    progress = a_progress()
    progress.reached(MASTER, at(5))
    assert progress.cursor(OTHER).stamp == Stamp(0, 0)
