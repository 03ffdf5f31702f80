import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils.log_setup import LineFormatter, Logging, configure

ROOT = Path(__file__).parents[3]
logger = logging.getLogger("murmuration.test")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Logging]:
    root = logging.getLogger()
    level = root.level
    running = configure("Apex_Slave_01", tmp_path, "INFO", console=False, secrets=['open "sesame'])
    yield running
    running.stop()
    root.setLevel(level)


def lines(folder: Path, running: Logging) -> list[str]:
    running.stop()
    return (folder / "Apex_Slave_01.log").read_text(encoding="utf-8").splitlines()


def test_an_event_is_one_line_with_its_fields(tmp_path: Path, running: Logging) -> None:
    logger.info("signal_denied", extra={"reason": "slippage", "detail": "60 points > 50"})
    (line,) = lines(tmp_path, running)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO Apex_Slave_01 signal_denied "
        r'reason=slippage detail="60 points > 50"',
        line,
    )


def test_what_is_below_the_level_is_not_written(tmp_path: Path, running: Logging) -> None:
    logger.debug("looked")
    assert lines(tmp_path, running) == []


def test_line_breaks_stay_inside_their_line(tmp_path: Path, running: Logging) -> None:
    logger.warning("two\nlines", extra={"why": "a\nb"})
    (line,) = lines(tmp_path, running)
    assert line.endswith('two | lines why="a\\nb"')


def test_a_traceback_is_a_field(tmp_path: Path, running: Logging) -> None:
    try:
        int("no such thing")
    except ValueError:
        logger.exception("turn_failed")
    (line,) = lines(tmp_path, running)
    assert "turn_failed exception=" in line
    assert "ValueError: invalid literal" in line


def test_secrets_are_in_no_line(tmp_path: Path, running: Logging) -> None:
    logger.info("connect", extra={"password": "hunter2", "uri": "mongodb://me:p@w@localhost/x"})
    logger.info("refused", extra={"api_key": 12, "why": 'for open "sesame'})
    text = "\n".join(lines(tmp_path, running))
    shown = text.split(" connect ", 1)[1].split("\n")
    for secret in ("hunter2", "me", "p@w", "sesame", "12"):
        assert secret not in shown[0] + shown[1].split(" refused ")[1]
    assert "localhost" in shown[0]


def test_writing_is_the_work_of_another_thread(tmp_path: Path, running: Logging) -> None:
    formatted_by: list[str] = []

    class Witness:
        def __str__(self) -> str:
            formatted_by.append(threading.current_thread().name)
            return "seen"

    logger.info("event", extra={"witness": Witness()})
    lines(tmp_path, running)
    assert formatted_by
    assert threading.current_thread().name not in formatted_by


def test_a_second_stop_does_nothing_and_no_handler_stays(running: Logging) -> None:
    count = len(logging.getLogger().handlers)
    running.stop()
    running.stop()
    assert len(logging.getLogger().handlers) == count - 1


@pytest.mark.integration
def test_a_line_is_written_though_the_process_ends_at_once(tmp_path: Path) -> None:
    program = (
        "import logging, sys; from pathlib import Path; from utils.log_setup import configure\n"
        "configure('node', Path(sys.argv[1]), 'INFO', console=True)\n"
        "logging.getLogger().warning('last_words')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0
    assert ended.stdout == ""
    assert ended.stderr.endswith(" WARNING node last_words\n")
    assert "last_words" in (tmp_path / "node.log").read_text(encoding="utf-8")


def test_the_formatter_shows_stack_information() -> None:
    record = logging.makeLogRecord({"msg": "here", "stack_info": "Stack (most recent call last):"})
    assert (
        LineFormatter("n")
        .format(record)
        .endswith('here exception="Stack (most recent call last):"')
    )
