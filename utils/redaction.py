"""Takes the secret out of an address before a person sees it."""

from urllib.parse import urlsplit

HIDDEN = "***"


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
