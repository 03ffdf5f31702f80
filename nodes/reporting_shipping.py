"""Adds to a node's reports what its shipper has to say: records the database refuses, or misses."""

from collections.abc import Callable, Sequence

import msgspec

from domain.control import FromNode, NodeReport, ToNode
from nodes.ports import ControlLine


class ShippingReported:
    """A nodes.ports.ControlLine around another; a loop need not know of the shipper's thread."""

    def __init__(self, line: ControlLine, alarms: Callable[[], tuple[str, ...]]) -> None:
        """`alarms` are the shipper's, as they are at the moment."""
        self._line = line
        self._alarms = alarms

    def say(self, message: FromNode) -> None:
        """A report is said with the shipper's alarms behind the node's own."""
        more = self._alarms()
        if isinstance(message, NodeReport) and more:
            message = msgspec.structs.replace(message, alarms=(*message.alarms, *more))
        self._line.say(message)

    def drain(self) -> list[ToNode]:
        """What the other end has said."""
        return self._line.drain()

    def waitables(self) -> Sequence[object]:
        """What the line itself waits on."""
        return self._line.waitables()

    def close(self) -> None:
        """Close the line."""
        self._line.close()
