"""The journal a node begins with: its own, or a new one where nobody can read its own."""

from pathlib import Path

import pytest

import config
from db.journal import journal_path
from db.journal_file import JournalDamaged, JournalRefused
from domain.control import Settings
from nodes import wiring
from tests.records_made import SLAVE, leg

TOLD = Settings(document=None, swarm="swarm-1")


def settings(state: Path, **environ: str) -> config.Config:
    return config.load({"MURMURATION_STATE": str(state), **environ})


def damaged(state: Path) -> Path:
    path = journal_path(state, SLAVE)
    path.parent.mkdir(parents=True)
    path.write_text("not a database, but long enough to look like one " * 50, "utf-8")
    return path


def test_law_5_a_damaged_journal_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    supervised = settings(tmp_path, MURMURATION_CONTROL="tcp://127.0.0.1:1")
    journal = wiring.open_journal(SLAVE, supervised, TOLD)
    journal.write(leg(1))
    assert journal.is_new()
    (alarm,) = journal.alarms
    journal.close()
    (kept,) = path.parent.glob("*.damaged-*")
    assert kept.name in alarm
    assert kept.read_text("utf-8").startswith("not a database")

    again = wiring.open_journal(SLAVE, supervised, TOLD)
    assert again.legs() == [leg(1)]
    assert again.alarms == ()
    again.close()


def test_by_hand_a_damaged_journal_is_left_where_it_is_for_a_person(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    with pytest.raises(JournalDamaged, match="damaged or foreign"):
        wiring.open_journal(SLAVE, settings(tmp_path), TOLD)
    assert path.exists()


def test_law_11_the_journal_of_another_account_is_never_set_aside(tmp_path: Path) -> None:
    supervised = settings(tmp_path, MURMURATION_CONTROL="tcp://127.0.0.1:1")
    wiring.open_journal(SLAVE, supervised, TOLD).close()
    journal_path(tmp_path, SLAVE).rename(journal_path(tmp_path, "Somebody"))
    with pytest.raises(JournalRefused, match=f"found one of account {SLAVE}"):
        wiring.open_journal("Somebody", supervised, TOLD)
    assert journal_path(tmp_path, "Somebody").exists()
