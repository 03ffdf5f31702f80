"""The line between the supervisor and its nodes: DEALERs that find their ROUTER again."""

from collections.abc import Sequence

import msgspec
import zmq

from domain.control import FromNode, NodeReport, ToNode
from domain.ids import NodeName
from domain.signals import Malformed
from messaging import frames, sockets, wire

# What a node says while there is no supervisor: enough that no greeting or acknowledgement is
# lost over a restart of a minute, small enough to cost nothing over a weekend.
UNHEARD_HIGH_WATER = 64
#: Of a report that would be too large, so much is said.
MOST_ALARMS = 100
LONGEST_ALARM = 1_000
_ONE_FRAME = 1


class ControlLine:
    """A node's end; satisfies nodes.ports.ControlLine."""

    def __init__(
        self, name: NodeName, address: str, *, context: sockets.Context | None = None
    ) -> None:
        """Connect in the background; a supervisor that is not there is no error."""
        self.malformed = 0
        self._hold = sockets.ContextHold(context)
        self._socket = sockets.open_connecting(self._hold.context, zmq.DEALER)
        self._socket.setsockopt(zmq.ROUTING_ID, name.encode())
        self._socket.setsockopt(zmq.SNDHWM, UNHEARD_HIGH_WATER)
        try:
            sockets.connect(self._socket, address, f"{name}, towards its supervisor")
        except sockets.AddressRefusedError:
            self.close()
            raise

    def say(self, message: FromNode) -> None:
        """Send without waiting; what a missing supervisor cannot take in is dropped."""
        sockets.send_or_drop(self._socket, [_fitting(message)])

    def drain(self) -> list[ToNode]:
        """Everything that has arrived, in order, without waiting."""
        heard = [_read_order(parts) for parts in sockets.take_all(self._socket)]
        good = [message for message in heard if not isinstance(message, Malformed)]
        self.malformed += len(heard) - len(good)
        return good

    def waitables(self) -> Sequence[object]:
        """The socket a loop waits on."""
        return (self._socket,)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._hold.let_go()


class ControlDesk:
    """The supervisor's end."""

    def __init__(self, *, context: sockets.Context | None = None) -> None:
        """Listen nowhere yet; `bind` does."""
        self.malformed = 0
        self.last_malformed: Malformed | None = None
        self._hold = sockets.ContextHold(context)
        self._socket = sockets.open_socket(self._hold.context, zmq.ROUTER)
        self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        # A node that was killed and comes back must not be turned away for its own old connection.
        self._socket.setsockopt(zmq.ROUTER_HANDOVER, 1)

    def bind(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the address for the nodes. Raises AddressRefusedError."""
        return sockets.bind(self._socket, host, port, "the supervisor, for its nodes")

    def drain(self) -> list[tuple[str, FromNode]]:
        """Everything that nodes have said, each with the node's name; bad bytes are counted."""
        heard = []
        for parts in sockets.take_all(self._socket):
            name, message = _read_report(parts)
            if isinstance(message, Malformed):
                self._count(message)
            else:
                heard.append((name, message))
        return heard

    def say(self, name: str, message: ToNode) -> bool:
        """Send to one node without waiting; False when it is gone or takes nothing in."""
        return sockets.send_or_drop(self._socket, [name.encode(), wire.encode(message)])

    def waitables(self) -> Sequence[object]:
        """The socket a loop waits on."""
        return (self._socket,)

    def close(self) -> None:
        """Close the socket, letting a last word (a Stop) out."""
        self._socket.close(sockets.LAST_WORDS_MS)
        self._hold.let_go()

    def _count(self, message: Malformed) -> None:
        self.malformed += 1
        self.last_malformed = message


def _fitting(message: FromNode) -> bytes:
    """A report too large to be read would be taken for silence, and the node for hung."""
    body = wire.encode(message)
    if len(body) <= wire.CONTROL_LIMIT_BYTES or not isinstance(message, NodeReport):
        return body
    shown = tuple(alarm[:LONGEST_ALARM] for alarm in message.alarms[:MOST_ALARMS])
    more = f"and {max(len(message.alarms) - MOST_ALARMS, 0)} more alarms; the log has all of them"
    shorter = msgspec.structs.replace(message, alarms=(*shown, more), last_verdicts=())
    return wire.encode(shorter)


def _read_order(parts: list[bytes]) -> ToNode | Malformed:
    if len(parts) != _ONE_FRAME:
        return Malformed(f"{len(parts)} frames; wanted one", sum(map(len, parts)))
    return wire.decode_to_node(parts[0])


def _read_report(parts: list[bytes]) -> tuple[str, FromNode | Malformed]:
    peer, rest = parts[0], parts[1:]
    name = NodeName(peer.decode(errors="replace"))
    if len(rest) != _ONE_FRAME:
        return name, Malformed(f"{len(rest)} frames; wanted one", sum(map(len, rest)))
    message = wire.decode_from_node(rest[0])
    if isinstance(message, Malformed) or message.name == name:
        return name, message
    return name, frames.imposture(name, message.name, len(rest[0]))
