"""An address without its secrets."""

import pytest

from utils.redaction import redacted


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://localhost:27017", "mongodb://localhost:27017"),
        ("mongodb://user:secret@host:1,other:2/db", "mongodb://***@host:1,other:2/db"),
        ("mongodb+srv://user@host/?tls=true&password=secret", "mongodb+srv://***@host/?***"),
        ("secret", "***"),
        ("mongodb://[secret", "***"),
    ],
    ids=["plain", "password", "options", "no address", "broken"],
)
def test_user_password_and_options_are_hidden(uri: str, shown: str) -> None:
    assert redacted(uri) == shown
