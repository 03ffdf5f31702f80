"""Takes the secret out of an address before a person sees it."""

import re
from urllib.parse import urlsplit

HIDDEN = "***"
_LOGIN = re.compile(r"(?<=://)[^/?#\s]+@")


def redacted(uri: str) -> str:
    """The address without its user, password and options; hidden where unreadable."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return HIDDEN
    if not parts.scheme or not parts.netloc:
        return HIDDEN
    userinfo, at, hosts = parts.netloc.rpartition("@")
    shown = f"{HIDDEN}@{hosts}" if at and userinfo else hosts
    options = f"?{HIDDEN}" if parts.query else ""
    return f"{parts.scheme}://{shown}{parts.path}{options}"


def without_logins(text: str) -> str:
    """The text as it is, but for user and password in any address within it."""
    return _LOGIN.sub(f"{HIDDEN}@", text)
