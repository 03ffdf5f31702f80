"""`python -m db.embedded --help` says what one needs to start and to reach the server."""

import pytest

from db.embedded.__main__ import main


def test_the_help_names_every_option_and_how_to_connect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    for part in ("--state FOLDER", "27117 by default", "200000 by default", "mongodb://127.0.0.1"):
        assert part in said
