"""The end of a demo in words and as a file."""

import json
from pathlib import Path
from typing import Any

import msgspec

from commands.demonstration.accounts import CASTS, documents
from commands.demonstration.summary import (
    AccountEnd,
    Latency,
    Summary,
    Verdicts,
    in_words,
    introduction,
    latency_of,
    write,
)
from decisions.account_documents import parse_account
from decisions.mismatches import Mismatch, MismatchKind
from domain.account_fields import AccountDefaults
from domain.ids import NodeName, OpeningOrder
from domain.policies import AccountSettings


def summary(**changes: Any) -> Summary:
    end = AccountEnd(
        role="SLAVE", state="ACTIVE", positions=2, copies_matched=9, last_verdicts=("x",)
    )
    plain = Summary(
        seconds=20.0,
        seed=1,
        speed=1.0,
        slaves=3,
        signals=31,
        verdicts=Verdicts(
            by_kind={"copied": 30, "denied": 1}, by_reason={"NONE": 30, "MAX_LOT": 1}
        ),
        copies_matched=9,
        mismatches=0,
        mismatch_list=(),
        latency_ms=Latency(p50=2.5, p99=6.0, samples=30),
        accounts={"Apex": end},
        restarts={"Apex": 1},
        interrupted=False,
        killed=(),
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_trader_reads_what_was_copied_and_why_not() -> None:
    text = "\n".join(in_words(summary()))
    assert "After 20 s of trading, judged" in text
    assert "signals: 31" in text
    assert "Apex: 9 copies right, 2 positions still open" in text
    assert "MAX_LOT 1 x: The volume is above `max_lot`." in text
    assert "half within 2.5 ms, 99 of 100 within 6.0 ms (30 orders)" in text
    assert "Apex was started again 1 x" in text
    assert text.endswith("mismatches: 0")


def test_each_mismatch_is_told_and_so_is_who_had_to_be_killed() -> None:
    mismatch = Mismatch(
        kind=MismatchKind.STILL_OPEN,
        slave=NodeName("Apex"),
        position=OpeningOrder(7),
        wanted="closed",
        found="0.10 lots still open",
    )
    ended = summary(
        mismatches=1, mismatch_list=(mismatch,), killed=("process 9 (python)",), interrupted=True
    )
    text = "\n".join(in_words(ended))
    assert "cut short by Ctrl+C" in text
    assert "had to be killed: process 9 (python)" in text
    assert (
        "Apex, master's position 7: still open: wanted closed, found 0.10 lots still open" in text
    )


def test_a_demo_without_an_order_says_so() -> None:
    ended = summary(latency_ms=latency_of([]), verdicts=Verdicts(by_kind={}, by_reason={}))
    text = "\n".join(in_words(ended))
    assert "no order was sent" in text
    assert "answers: none" in text


def test_the_file_holds_every_figure(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write(path, summary())
    read = json.loads(path.read_text("utf-8"))
    assert (read["signals"], read["mismatches"], read["verdicts"]["by_reason"]["MAX_LOT"]) == (
        31,
        0,
        1,
    )
    assert read["latency_ms"] == {"p50": 2.5, "p99": 6.0, "samples": 30}


def test_every_account_of_the_demo_is_a_sound_document() -> None:
    for document in documents(7):
        assert isinstance(parse_account(document, AccountDefaults()), AccountSettings)


def test_more_slaves_are_cast_in_turn_under_names_of_their_own() -> None:
    _, *slaves = documents(7)
    assert len({slave["name"] for slave in slaves}) == 7
    assert len({slave["path"] for slave in slaves}) == 7
    assert [slave["suffix"] for slave in slaves[:3]] == [slave["suffix"] for slave in slaves[3:6]]


def test_the_tolerances_differ_and_are_explained() -> None:
    _, *slaves = documents(3)
    assert len({slave["slippage_tolerance"] for slave in slaves}) == 3
    lines = list(introduction(slaves))
    for line, cast in zip(lines, CASTS, strict=True):
        assert f"slippage tolerance {cast.tolerance} points" in line
        assert cast.why in line
