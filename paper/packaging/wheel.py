"""Writes the client module as a wheel that takes MetaTrader5's name, for throw-away environments.

Everything lies inside the package: a user's own modules named paper, wire or module never clash.
"""

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

PAPER: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = "MetaTrader5"
VERSION: Final = "5.0.6231+paper"
"""The module it stands in for, and whose it is: `MetaTrader5>=5.0` is satisfied by it."""
FILE_NAME: Final = f"metatrader5-{VERSION}-py3-none-any.whl"
FOLDER: Final = f"metatrader5-{VERSION}.dist-info"
INSIDE: Final = f"{PACKAGE}._paper"
NEEDS: Final = ("numpy", "msgspec", "pyzmq")
SAME_FOR_ALL_TIME: Final = (1980, 1, 1, 0, 0, 0)
OWN_IMPORT: Final = re.compile(r"^(\s*(?:from|import) )paper\b", re.MULTILINE)

METADATA: Final = """\
Metadata-Version: 2.1
Name: MetaTrader5
Version: {version}
Summary: NOT MetaQuotes' package: a stand-in for trading on Murmuration's paper broker only
License: MIT
Requires-Python: >=3.11
{needs}

This is not the MetaTrader5 package of MetaQuotes Ltd. It has the same names and trades on a paper
broker only. Install it in a throw-away environment, never beside a real terminal.
"""
WHEEL: Final = """\
Wheel-Version: 1.0
Generator: murmuration-paper
Root-Is-Purelib: true
Tag: py3-none-any
"""
LAST_LINES: Final = """

from paper.where import broker_address as _broker_address

_connect_to(*_broker_address())
"""


def write_wheel(folder: Path) -> Path:
    """The wheel's path; the same sources make the same file, byte for byte."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    files = dict(_files())
    record = f"{FOLDER}/RECORD"
    files[record] = _record(files) + f"{record},,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name, SAME_FOR_ALL_TIME), text, zipfile.ZIP_DEFLATED)
    return path


def _files() -> Iterator[tuple[str, str]]:
    yield f"{PACKAGE}/__init__.py", _renamed(_source("client.py") + LAST_LINES)
    yield f"{PACKAGE}/_paper/__init__.py", _source("__init__.py")
    yield f"{PACKAGE}/_paper/where.py", _renamed(_source("packaging/where.py"))
    for part in ("module", "wire"):
        for path in sorted((PAPER / part).glob("*.py")):
            yield f"{PACKAGE}/_paper/{part}/{path.name}", _renamed(_source(f"{part}/{path.name}"))
    needs = "\n".join(f"Requires-Dist: {need}" for need in NEEDS)
    yield f"{FOLDER}/METADATA", METADATA.format(version=VERSION, needs=needs)
    yield f"{FOLDER}/WHEEL", WHEEL


def _source(name: str) -> str:
    return (PAPER / name).read_text(encoding="utf-8")


def _renamed(source: str) -> str:
    return OWN_IMPORT.sub(rf"\g<1>{INSIDE}", source)


def _record(files: Mapping[str, str]) -> str:
    return "".join(f"{name},{_digest(text)}\n" for name, text in files.items())


def _digest(text: str) -> str:
    body = text.encode("utf-8")
    told = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    return f"sha256={told},{len(body)}"
