"""A node's journal: what is written is there, or nothing of it is; and it knows whose it is."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from db.journal import Journal, glance, journal_path
from db.journal_file import PATIENCE_MS, JournalDamaged, JournalRefused
from db.journal_rows import NEWEST_FACTS
from db.outbox import Outbox
from decisions.contracts import contract_of
from domain.book import Stamp
from domain.ids import OpeningOrder
from domain.legs import LegState
from domain.market import Identity
from domain.policies import Latch, TradingState
from domain.records import (
    BookKept,
    ContractKept,
    Cursor,
    Follow,
    JournalUnwritable,
    MasterAt,
    SettingsKept,
)
from tests.builders import a_spec
from tests.records_made import (
    MASTER,
    SLAVE,
    closed_leg,
    equity,
    intent,
    latch_change,
    leg,
    opened,
    verdict,
)
from utils.clock import monotonic_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path, SLAVE)


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    made = Journal(path, "swarm-1", SLAVE)
    yield made
    made.close()


def reopened(journal: Journal) -> Journal:
    journal.close()
    return Journal(journal.path, "swarm-1", SLAVE)


def shipped_kinds(path: Path) -> list[str]:
    outbox = Outbox(path)
    kinds = [parcel.kind for parcel in outbox.batch(100)]
    outbox.close()
    return kinds


def pending(path: Path) -> int:
    outbox = Outbox(path)
    waiting = outbox.pending()
    outbox.close()
    return waiting


def test_everything_written_is_there_after_a_restart(journal: Journal) -> None:
    master = MasterAt(master=MASTER, signals="tcp://a", snapshots="tcp://b")
    book = BookKept(master=MASTER, stamp=Stamp(3, 4), body=b"book")
    change = latch_change()
    follow = Follow(master=MASTER, since_ms=7, existing=(OpeningOrder(501),))
    journal.write(
        follow,
        leg(1),
        closed_leg(2),
        intent(1),
        Cursor(master=MASTER, stamp=Stamp(1, 2)),
        change,
        SettingsKept(account=SLAVE, document={"name": SLAVE, "max_lot": 5.0}),
        master,
        book,
    )
    again = reopened(journal)
    assert sorted(again.legs(), key=lambda one: one.key) == [leg(1), closed_leg(2)]
    assert again.open_intents() == [intent(1)]
    assert again.cursor(MASTER) == Stamp(1, 2)
    assert again.latch() == change.after
    assert again.settings() == {"name": SLAVE, "max_lot": 5.0}
    assert again.masters() == [master]
    assert again.book() == book
    assert again.follows() == [follow]
    again.close()


def test_a_new_journal_knows_nothing(journal: Journal) -> None:
    assert (journal.legs(), journal.open_intents(), journal.masters()) == ([], [], [])
    assert journal.cursor(MASTER) is None
    assert journal.latch() is None
    assert journal.settings() is None
    assert journal.book() is None
    assert journal.follows() == []
    assert journal.facts_since(Stamp(0, 0)) == []


def test_the_newest_state_of_a_leg_stands_however_often_it_ended(journal: Journal) -> None:
    for state in (LegState.OPENING, LegState.MISSED, LegState.OPEN, LegState.CLOSED):
        journal.write(leg(1, state))
        assert [one.state for one in journal.legs()] == [state]


def test_an_intent_with_an_outcome_is_open_no_more(journal: Journal) -> None:
    journal.write(intent(1, written_at_ms=2), intent(2, written_at_ms=1))
    assert [one.intent for one in journal.open_intents()] == ["i2", "i1"]
    journal.write(intent(1, outcome="filled"))
    assert [one.intent for one in journal.open_intents()] == ["i2"]


def test_facts_come_back_in_order_after_a_stamp(journal: Journal) -> None:
    facts = [opened(seq, epoch) for epoch, seq in ((1, 2), (1, 10), (2, 1), (11, 1))]
    journal.write(*reversed(facts))
    assert journal.facts_since(Stamp(1, 2)) == facts[1:]


def test_the_latch_is_the_newest_one(journal: Journal) -> None:
    journal.write(latch_change(), latch_change(TradingState.ACTIVE, 1))
    latch = journal.latch()
    assert latch is not None
    assert (latch.state, latch.counter) == (TradingState.ACTIVE, 1)
    assert isinstance(latch, Latch)


def test_what_the_database_shall_see_waits_in_the_outbox(journal: Journal, path: Path) -> None:
    journal.write(leg(1), verdict(), opened(), latch_change(), equity())
    assert shipped_kinds(path) == ["leg", "verdict", "fact", "latch", "equity"]


def test_the_newest_contract_of_each_symbol_is_kept_and_shipped(
    journal: Journal, path: Path
) -> None:
    found = contract_of(a_spec("GOLD", contract_size=10))
    changed = a_contract("GOLD", found=found)
    journal.write(a_contract("GOLD"), a_contract("DJ30"), changed)

    assert journal.contracts() == [a_contract("DJ30"), changed]
    assert shipped_kinds(path) == ["contract"] * 3


def a_contract(symbol: str, **changes: Any) -> ContractKept:
    usual: dict[str, Any] = {
        "account": SLAVE,
        "at": Identity(7, "Apex-Live"),
        "symbol": symbol,
        "contract": contract_of(a_spec(symbol)),
    }
    return ContractKept(**(usual | changes))


def test_only_a_leg_that_was_filled_is_shipped(journal: Journal, path: Path) -> None:
    journal.write(leg(1, LegState.OPENING, identifier=0), leg(2, LegState.REJECTED, identifier=0))
    assert shipped_kinds(path) == []


@pytest.mark.history(39)
def test_a_write_that_fails_leaves_nothing_of_itself_behind(journal: Journal, path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE outbox")
    other.close()
    with pytest.raises(JournalUnwritable, match=r"journal .*cannot be written"):
        journal.write(intent(1), leg(1))
    assert journal.open_intents() == []
    assert journal.legs() == []


def test_a_journal_that_another_program_locks_is_waited_for_once(
    journal: Journal, path: Path
) -> None:
    """Every close of a basket stands behind a write: twenty would wait for most of a minute."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnwritable, match="locked"):
        journal.write(leg(1))
    began_s = monotonic_s()
    for order in range(2, 20):
        with pytest.raises(JournalUnwritable, match="locked"):
            journal.write(leg(order))
    assert monotonic_s() - began_s < PATIENCE_MS / 1000
    other.execute("ROLLBACK")
    other.close()
    journal.write(leg(20))
    assert len(journal.legs()) == 1
    (patience_ms,) = journal._file.execute("PRAGMA busy_timeout").fetchone()
    assert patience_ms == PATIENCE_MS


def test_a_closed_journal_cannot_be_written(journal: Journal) -> None:
    journal.close()
    with pytest.raises(JournalUnwritable):
        journal.write(intent())


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "journals").touch()
    with pytest.raises(JournalUnwritable, match="cannot be opened"):
        Journal(journal_path(tmp_path, SLAVE), "swarm-1", SLAVE)


@pytest.mark.history(26)
def test_law_11_the_journal_of_another_account_is_refused(journal: Journal, path: Path) -> None:
    """History 26: the file of one slave was copied to the place of another's."""
    with pytest.raises(JournalRefused, match=f"found one of account {SLAVE}"):
        Journal(path, "swarm-1", "Somebody")


def test_the_journal_of_another_swarm_is_refused_unless_it_is_known(
    journal: Journal, path: Path
) -> None:
    with pytest.raises(JournalRefused, match="found one of swarm swarm-1"):
        Journal(path, "swarm-2", SLAVE)
    Journal(path, "swarm-2", SLAVE, known_swarms=["swarm-1"]).close()
    assert glance(path).swarm == "swarm-2"


def test_a_swarm_not_known_yet_is_taken_up_later(path: Path) -> None:
    Journal(path, "", SLAVE).close()
    Journal(path, "swarm-1", SLAVE).close()
    Journal(path, "", SLAVE).close()
    assert glance(path).swarm == "swarm-1"


def test_a_journal_of_a_newer_version_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE about SET value = '99' WHERE word = 'format'")
    file.close()
    with pytest.raises(JournalRefused, match="newer version"):
        Journal(path, "swarm-1", SLAVE)


def test_a_file_that_is_no_journal_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("not a database, but long enough to look like one " * 50, "utf-8")
    with pytest.raises(JournalRefused, match="damaged or foreign"):
        Journal(path, "swarm-1", SLAVE)


def page_lost(path: Path, table: str) -> None:
    """The first page of a table is all zeros, as a bad sector or a power cut may leave it."""
    with sqlite3.connect(path) as file:
        named = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = file.execute(named, (table,)).fetchone()
        (size,) = file.execute("PRAGMA page_size").fetchone()
    file.close()
    body = bytearray(path.read_bytes())
    body[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(body)


def word_changed(path: Path, kind: str) -> None:
    """A record whose first key is another, as a single bit makes it."""
    with sqlite3.connect(path) as file:
        (body,) = file.execute("SELECT body FROM records WHERE kind = ?", (kind,)).fetchone()
        wrong = bytes([*body[:2], body[2] ^ 0x80, *body[3:]])
        file.execute("UPDATE records SET body = ? WHERE kind = ?", (wrong, kind))
    file.close()


@pytest.mark.history(26)
@pytest.mark.parametrize(
    ("damage", "place"),
    [
        pytest.param(page_lost, "records", id="a page of the records"),
        pytest.param(page_lost, "outbox", id="a page of what waits to be shipped"),
        pytest.param(word_changed, "leg", id="a copy"),
        pytest.param(word_changed, "leg ended", id="a copy that has ended"),
        pytest.param(word_changed, "intent", id="an order"),
        pytest.param(word_changed, "latch", id="the latch"),
        pytest.param(word_changed, "fact", id="a fact"),
    ],
)
def test_a_damaged_journal_is_refused_before_anybody_relies_on_it(
    journal: Journal, path: Path, damage: Callable[[Path, str], None], place: str
) -> None:
    journal.write(leg(1), closed_leg(2), intent(1), latch_change(), opened())
    journal.close()
    damage(path, place)
    with pytest.raises(JournalDamaged, match="damaged or foreign"):
        Journal(path, "swarm-1", SLAVE)


@pytest.mark.parametrize(
    ("damage", "place"), [(page_lost, "records"), (page_lost, "about"), (word_changed, "leg")]
)
def test_a_glance_at_a_damaged_journal_is_refused_in_words(
    journal: Journal, path: Path, damage: Callable[[Path, str], None], place: str
) -> None:
    journal.write(leg(1))
    journal.close()
    damage(path, place)
    with pytest.raises(JournalRefused, match="damaged or foreign"):
        glance(path)


def test_a_journal_bound_to_an_account_takes_no_other(journal: Journal) -> None:
    journal.bind(51234567, "Apex-Live")
    journal.bind(51234567, "Apex-Live")
    for login, server in ((51234568, "Apex-Live"), (51234567, "Other")):
        with pytest.raises(JournalRefused, match="found one of 51234567 at Apex-Live"):
            journal.bind(login, server)


def test_a_journal_is_new_until_others_have_been_asked_what_they_remember(
    journal: Journal,
) -> None:
    journal.write(leg(1))
    assert journal.is_new()
    journal.united()
    again = reopened(journal)
    assert not again.is_new()
    again.close()


def test_anybody_may_glance_at_a_journal_in_use(journal: Journal, path: Path) -> None:
    journal.bind(5, "Apex-Live")
    journal.write(leg(1), leg(2), closed_leg(3), SettingsKept(account=SLAVE, document={"a": 1}))
    assert glance(path) == (
        *(SLAVE, "swarm-1", 5, "Apex-Live", 2, {"a": 1}),
        frozenset({(MASTER, Identity(7001, "FTMO-Demo"))}),
    )


def test_a_glance_at_no_journal_makes_none(path: Path) -> None:
    with pytest.raises(JournalRefused, match="no such file"):
        glance(path)
    assert not path.exists()


def test_names_that_look_alike_have_files_of_their_own(tmp_path: Path) -> None:
    names = ["FTMO", "ftmo", "a/b", "a_b", "a%2Fb", "CON", "Größe", "x" * 300]
    paths = {str(journal_path(tmp_path, name)).lower() for name in names}
    assert len(paths) == len(names)
    assert all(len(Path(path).name) < 120 for path in paths)


def test_forgetting_what_was_shipped_keeps_what_came_later(journal: Journal, path: Path) -> None:
    journal.write(leg(1), leg(2))
    outbox = Outbox(path)
    batch = outbox.batch(10)
    journal.write(leg(3))
    outbox.forget_shipped(batch[-1].number)
    assert outbox.pending() == 1
    assert len(journal.legs()) == 3
    outbox.close()


def test_of_a_masters_facts_the_newest_ten_thousand_are_kept(journal: Journal, path: Path) -> None:
    journal.write(*(opened(seq) for seq in range(1, NEWEST_FACTS + 8)))
    assert len(journal.facts_since(Stamp(0, 0))) == NEWEST_FACTS + 7
    waiting = pending(path)
    journal.write(BookKept(master=MASTER, stamp=Stamp(1, NEWEST_FACTS + 7), body=b"book"))
    kept = journal.facts_since(Stamp(0, 0))
    assert [kept[0].stamp.seq, kept[-1].stamp.seq] == [8, NEWEST_FACTS + 7]
    assert pending(path) == waiting


def as_a_kill_leaves_it(journal: Journal, path: Path) -> None:
    """The file and its tail; what stands in the tail is not in the file yet."""
    path.parent.mkdir(parents=True)
    for ending in ("", "-wal"):
        body = journal.path.with_name(journal.path.name + ending).read_bytes()
        path.with_name(path.name + ending).write_bytes(body)


@pytest.mark.history(39)
def test_a_start_on_a_full_disk_knows_what_is_open_and_writes_when_there_is_room(
    journal: Journal, tmp_path: Path
) -> None:
    """A folder where SQLite wants its index: as on a full disk it cannot be made."""
    path = journal_path(tmp_path / "full", SLAVE)
    journal.bind(51234567, "Apex-Live")
    journal.write(leg(1), closed_leg(2), intent(1))
    as_a_kill_leaves_it(journal, path)
    in_the_way = path.with_name(f"{path.name}-shm")
    in_the_way.mkdir()

    again = Journal(path, "swarm-1", SLAVE)
    again.bind(51234567, "Apex-Live")
    assert again.legs() == [closed_leg(2), leg(1)]
    assert again.open_intents() == [intent(1)]
    assert glance(path).open_legs == 1
    for _ in range(2):
        with pytest.raises(JournalUnwritable, match="cannot be written"):
            again.write(closed_leg(1))
    assert again.legs() == [closed_leg(2), leg(1)]

    in_the_way.rmdir()
    again.write(closed_leg(1))
    again = reopened(again)
    assert again.legs() == [closed_leg(1), closed_leg(2)]
    again.close()


def no_more_room(journal: Journal) -> None:
    """As a full disk has it: no page more than there are."""
    (pages,) = journal._file.execute("PRAGMA page_count").fetchone()
    journal._file.execute(f"PRAGMA max_page_count = {pages}")


def room_again(journal: Journal) -> None:
    journal._file.execute("PRAGMA max_page_count = 1000000")


def written_until_full(journal: Journal) -> int:
    """How many legs there was room for."""
    for order in range(1, 10_000):
        try:
            journal.write(leg(order), intent(order))
        except JournalUnwritable:
            return order - 1
    raise AssertionError("there was room for all")


@pytest.mark.history(39)
def test_a_full_disk_is_said_keeps_what_was_written_and_takes_more_when_there_is_room(
    journal: Journal,
) -> None:
    no_more_room(journal)
    fitted = written_until_full(journal)
    for _ in range(3):
        with pytest.raises(JournalUnwritable, match="full"):
            journal.write(*(leg(order) for order in range(10_000, 10_200)))
    room_again(journal)
    journal.write(leg(20_000))
    again = reopened(journal)
    assert len(again.legs()) == fitted + 1
    assert len(again.open_intents()) == fitted
    again.close()


def test_a_waiting_record_takes_no_more_than_two_kilobytes(journal: Journal, path: Path) -> None:
    """So that anybody can tell how long a disk lasts without a database."""
    for order in range(1_000):
        journal.write(leg(order), verdict(), closed_leg(order))
    assert pending(path) == 3_000
    journal._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.stat().st_size < 3_000 * 2_000
