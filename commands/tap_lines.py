"""Turns the bus's raw maps into lines for a person or a program; knows no schema.

Whatever a later version of the wire adds is shown rather than refused.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgpack
import msgspec

HEARTBEAT = "MasterHeartbeat"
_FRAMES = 2
_SHOWN_BYTES = 40


class Overheard(msgspec.Struct, frozen=True):
    """One message off the bus: its map, or why there is none."""

    master: str
    heard_us: int
    message: Mapping[str, Any]
    trouble: str = ""

    @property
    def is_heartbeat(self) -> bool:
        """Whether it only says that a master lives."""
        return self.message.get("type") == HEARTBEAT


def read(frames: Sequence[bytes], heard_us: int) -> Overheard:
    """Decode the two frames with msgpack alone; what cannot be decoded is told, not raised."""
    master = frames[0].rstrip(b"\0").decode(errors="replace")
    if len(frames) != _FRAMES:
        return Overheard(master, heard_us, {}, f"{len(frames)} frames instead of two")
    try:
        message = msgpack.unpackb(frames[1])
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as problem:
        shown = frames[1][:_SHOWN_BYTES].hex(" ")
        return Overheard(master, heard_us, {}, f"no msgpack ({problem}): {shown}")
    if not isinstance(message, dict):
        return Overheard(master, heard_us, {}, f"a {type(message).__name__} instead of a map")
    return Overheard(master, heard_us, message)


def as_json(heard: Overheard) -> str:
    """One line: the message as it was said, with who said it and when it was heard."""
    line = {"heard_from": heard.master, "heard_us": heard.heard_us, **heard.message}
    if heard.trouble:
        line["trouble"] = heard.trouble
    return json.dumps(line, default=str, skipkeys=True)


def as_text(heard: Overheard) -> str:
    """One line: time, master, epoch.seq, type, and what of it a trader looks for."""
    head = f"{_clock(heard.heard_us)}  {heard.master}"
    if heard.trouble:
        return f"{head}  NOT READABLE: {heard.trouble}"
    message = heard.message
    parts = [head, _stamp(message), str(message.get("type", "no type")), *_details(message)]
    return _printable("  ".join(part for part in parts if part))


def _details(message: Mapping[str, Any]) -> list[str]:
    position = message.get("position")
    if isinstance(position, dict):
        return [_position(position, message.get("price", "?")), _age(message)]
    order = message.get("order")
    if isinstance(order, dict):
        return [_order(order), str(message.get("fate", "")), _age(message)]
    if message.get("type") == HEARTBEAT:
        return ["confirmed" if message.get("confirmed") else "NOT CONFIRMED"]
    return []


def _position(position: Mapping[str, Any], price: object) -> str:
    words = [str(position.get(field, "?")) for field in ("symbol", "side", "volume")]
    words += [f"at {price}", f"sl {_level(position, 'sl')}", f"tp {_level(position, 'tp')}"]
    return " ".join([*words, f"#{position.get('identifier', '?')}"])


def _order(order: Mapping[str, Any]) -> str:
    words = [str(order.get(field, "?")) for field in ("symbol", "kind", "volume")]
    limit = _level(order, "stop_limit_price")
    words += [f"at {order.get('price', '?')}", "" if limit in {"none", "?"} else f"limit {limit}"]
    words += [f"sl {_level(order, 'sl')}", f"tp {_level(order, 'tp')}"]
    lasts = str(order.get("lasts_ms", 0))
    words.append("" if lasts == "0" else f"for {lasts} ms")
    return " ".join([*filter(None, words), f"#{order.get('opening_order', '?')}"])


def _level(position: Mapping[str, Any], field: str) -> str:
    """A stop of zero means none."""
    level = str(position.get(field, "?"))
    return level if level.strip("0.-") else "none"


def _age(message: Mapping[str, Any]) -> str:
    return f"age {message['age_ms']} ms" if "age_ms" in message else ""


def _stamp(message: Mapping[str, Any]) -> str:
    stamp = message.get("stamp", message.get("head"))
    if not isinstance(stamp, dict):
        return ""
    return f"{stamp.get('epoch', '?')}.{stamp.get('seq', '?')}"


def _clock(heard_us: int) -> str:
    """Local time of day; the date is on every person's wall."""
    heard = datetime.fromtimestamp(heard_us / 1_000_000, UTC).astimezone()
    return heard.strftime("%H:%M:%S.") + f"{heard.microsecond // 1000:03}"


def _printable(line: str) -> str:
    """A stranger's text must not move the cursor of the person who watches."""
    return "".join(c if c.isprintable() else "?" for c in line)
