"""The two frames of the bus: [master name + NUL, msgpack map], and what else arrives instead.

The NUL keeps a subscription to `FTMO` from receiving what `FTMO_2` says.
"""

from collections.abc import Sequence

from domain.ids import NodeName
from domain.signals import Malformed, Signal, Snapshot, SnapshotAnswer, SnapshotRequest
from messaging import wire

_FRAMES = 2


def topic(master: NodeName) -> bytes:
    """The first frame, which is also what a slave subscribes to."""
    return master.encode() + b"\0"


def read_signal(frames: Sequence[bytes], master: NodeName) -> Signal | Malformed:
    """A signal of this master's, from its two frames."""
    body = _body(frames, master)
    message = body if isinstance(body, Malformed) else wire.decode_signal(body)
    if isinstance(message, Malformed) or message.master == master:
        return message
    return imposture(master, message.master, len(frames[1]))


def read_answer(frames: Sequence[bytes], master: NodeName) -> SnapshotAnswer | Malformed:
    """A master's answer to a snapshot request, from its two frames."""
    body = _body(frames, master)
    message = body if isinstance(body, Malformed) else wire.decode_snapshot_answer(body)
    if isinstance(message, Malformed):
        return message
    speaker = message.book.master if isinstance(message, Snapshot) else message.master
    return message if speaker == master else imposture(master, speaker, len(frames[1]))


def read_request(frames: Sequence[bytes], master: NodeName) -> SnapshotRequest | Malformed:
    """What a slave asks of this master, from its two frames."""
    body = _body(frames, master)
    return body if isinstance(body, Malformed) else wire.decode_snapshot_request(body)


def imposture(sender: str, speaker: str, size_bytes: int) -> Malformed:
    """What a message is that names another speaker than the one that sent it."""
    return Malformed(f"sent by {sender} and yet speaking for {speaker[:40]!r}", size_bytes)


def _body(frames: Sequence[bytes], master: NodeName) -> bytes | Malformed:
    if len(frames) != _FRAMES:
        why = f"{len(frames)} frames; wanted two, the master's name with a NUL and a msgpack map"
        return Malformed(why, sum(map(len, frames)))
    if frames[0] != topic(master):
        return Malformed(f"headed {frames[0][:40]!r}, not {topic(master)!r}", len(frames[1]))
    return frames[1]
