"""A TCP proxy on loopback that is as slow as a line between two buildings."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

_PIECE_BYTES = 262_144
_PIECES_IN_FLIGHT = 16
_SLEEPABLE_S = 0.0005


@dataclass(frozen=True)
class Line:
    """What the line is like: round trip time, and megabits a second that one connection gets downstream."""

    round_trip_s: float
    megabits_per_s: float


class LagProxy:
    """Forwards to a port on loopback with a line's delay and bandwidth; runs in a thread of its own.

    Attributes
    ----------
    port : int
    """

    def __init__(self, upstream_port: int, line: Line) -> None:
        self._upstream_port = upstream_port
        self._line = line
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        self.port: int = started.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop; connections under way end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._connect, "127.0.0.1", 0, limit=_PIECE_BYTES)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(
            "127.0.0.1", self._upstream_port, limit=_PIECE_BYTES
        )
        await asyncio.gather(
            self._carry(reader, upstream_writer, bytes_per_s=None),
            self._carry(upstream_reader, writer, bytes_per_s=self._line.megabits_per_s * 1e6 / 8),
        )

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, bytes_per_s: float | None
    ) -> None:
        """Hand on what comes in, each piece half a round trip later and not faster than the line."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES_IN_FLIGHT)
        receiving = asyncio.create_task(self._receive(source, pieces))
        free_at = time.monotonic()
        with suppress(ConnectionError):
            while (item := await pieces.get())[1]:
                due, piece = item
                free_at = max(free_at, due) + (len(piece) / bytes_per_s if bytes_per_s else 0.0)
                wait_s = free_at - time.monotonic()
                if wait_s > _SLEEPABLE_S:
                    await asyncio.sleep(wait_s)
                target.write(piece)
                await target.drain()
        receiving.cancel()
        target.close()

    async def _receive(self, source: asyncio.StreamReader, pieces: asyncio.Queue[tuple[float, bytes]]) -> None:
        piece = b"-"
        while piece:
            try:
                piece = await source.read(_PIECE_BYTES)
            except ConnectionError:
                piece = b""
            await pieces.put((time.monotonic() + self._line.round_trip_s / 2, piece))
