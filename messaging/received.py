"""A message as it came off the wire, with where from and when."""

import msgspec

from domain.signals import Malformed, Signal, SnapshotAnswer

MessageIn = Signal | SnapshotAnswer | Malformed


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What a slave's inlet hands over; `received_us` is UTC microseconds since 1970."""

    master: str
    message: MessageIn
    received_us: int
