"""The least a server can do: `python -m bench.bare_echo` sends back what it gets, and no more."""

import asyncio
import sys


class _Echo(asyncio.Protocol):
    """One client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """A client came."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """Back with it."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.write(data)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
