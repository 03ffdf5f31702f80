"""A master's two sockets: XPUB for its signals, ROUTER for snapshots."""

import logging
from collections.abc import Sequence

import msgspec
import zmq

from domain.ids import NodeName
from domain.signals import Malformed, NotReady, Signal, Snapshot, SnapshotAnswer, SnapshotRequest
from messaging import frames, sockets, wire

logger = logging.getLogger(__name__)

# At the mark XPUB drops silently for that subscriber. Facts are some 400 bytes, so this is 40 MB
# for a slave that reads nothing while its master acts 100,000 times; the default of 1,000 could
# be reached by one basket and its heartbeats. What is dropped all the same, the book repairs.
SIGNALS_HIGH_WATER = 100_000
# Books are large and asked for again; a few waiting ones per slave are enough.
ANSWERS_HIGH_WATER = 8


class Publisher:
    """Satisfies nodes.ports.SignalOutlet. Ports of 0 mean any free one."""

    def __init__(
        self,
        master: NodeName,
        *,
        host: str = "127.0.0.1",
        ports: tuple[int, int] = (0, 0),
        context: sockets.Context | None = None,
    ) -> None:
        """Bind both sockets; raises AddressRefusedError, with nothing left open."""
        self.undelivered = 0
        self._master = master
        self._topic = frames.topic(master)
        self._hold = sockets.ContextHold(context)
        self._open(self._hold.context)
        try:
            self._addresses = self._bind(host, ports)
        except sockets.AddressRefusedError:
            self.close()
            raise

    def addresses(self) -> tuple[str, str]:
        """Where slaves find the signals and the snapshots."""
        return self._addresses

    def publish(self, signal: Signal) -> None:
        """Tell every follower; never waits, whatever a follower does."""
        self._signals.send_multipart((self._topic, wire.encode(signal)), zmq.DONTWAIT)

    def requests(self) -> list[tuple[bytes, SnapshotRequest | Malformed]]:
        """Snapshot requests that have come in, each with the peer to answer."""
        self._drop_subscriptions()
        return [self._read(parts) for parts in sockets.take_all(self._snapshots)]

    def answer(self, peer: bytes, answer: SnapshotAnswer) -> None:
        """Answer one request. A slave that has gone, or reads nothing, will ask again."""
        body = self._fitting(answer)
        if not sockets.send_or_drop(self._snapshots, [peer, self._topic, body]):
            self.undelivered += 1

    def waitables(self) -> Sequence[object]:
        """Both sockets: subscriptions take effect only within a call of ours."""
        return (self._snapshots, self._signals)

    def close(self) -> None:
        """Close both sockets, letting the last words out."""
        self._signals.close(sockets.LAST_WORDS_MS)
        self._snapshots.close()
        self._hold.let_go()

    def _open(self, context: sockets.Context) -> None:
        self._signals = sockets.open_socket(context, zmq.XPUB)
        self._signals.setsockopt(zmq.SNDHWM, SIGNALS_HIGH_WATER)
        self._snapshots = sockets.open_socket(context, zmq.ROUTER)
        self._snapshots.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._snapshots.setsockopt(zmq.SNDHWM, ANSWERS_HIGH_WATER)

    def _bind(self, host: str, ports: tuple[int, int]) -> tuple[str, str]:
        signals = sockets.bind(self._signals, host, ports[0], f"{self._master}, for its signals")
        snapshots = sockets.bind(
            self._snapshots, host, ports[1], f"{self._master}, for its snapshots"
        )
        return signals, snapshots

    def _drop_subscriptions(self) -> None:
        """Who subscribes does not matter: late ones ask for the book."""
        for _ in sockets.take_all(self._signals):
            pass

    def _read(self, parts: list[bytes]) -> tuple[bytes, SnapshotRequest | Malformed]:
        peer, rest = parts[0], parts[1:]
        return peer, frames.read_request(rest, self._master)

    def _fitting(self, answer: SnapshotAnswer) -> bytes:
        """The book and the fates matter most: of too many facts the oldest are left out."""
        body = wire.encode(answer)
        while len(body) > wire.SNAPSHOT_LIMIT_BYTES:
            logger.warning("snapshot_too_large", extra={"bytes": len(body)})
            answer = self._smaller(answer, len(body))
            body = wire.encode(answer)
        return body

    def _smaller(self, answer: SnapshotAnswer, size: int) -> SnapshotAnswer:
        if isinstance(answer, Snapshot) and answer.facts:
            newest = answer.facts[(len(answer.facts) + 1) // 2 :]
            return msgspec.structs.replace(answer, facts=newest)
        why = f"the snapshot has {size} bytes, the limit is {wire.SNAPSHOT_LIMIT_BYTES}"
        return NotReady(master=self._master, why=why)
