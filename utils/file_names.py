"""File names made from account names, which may be anything a person can type."""

import hashlib
import re
from urllib.parse import quote

LONGEST = 80  # file systems stop at 255 bytes, Windows at 260 for the whole path
PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_ -]*[A-Za-z0-9_-]|[A-Za-z0-9_]"
#: What Windows takes for devices, and our own log.
RESERVED = r"con|prn|aux|nul|com\d|lpt\d|launcher"


def file_name(name: str) -> str:
    """The name itself where any file system takes it, else one that no other name has."""
    plain = re.fullmatch(PLAIN, name) and not re.fullmatch(RESERVED, name, re.IGNORECASE)
    return name if plain and len(name) <= LONGEST else marked(name)


def marked(name: str) -> str:
    """Readable in front, unmistakable at the end, also where capitals do not count."""
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{quote(name, safe=' ')[:LONGEST]}-{mark}"
